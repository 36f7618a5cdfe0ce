import type { Asked } from './view.ts';

/** `#q=late&family=prefect_work_queue_late_runs`: what is shown survives a reload and can be sent to somebody. */
export function readAddress(hash: string): Asked {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  return { query: parameters.get('q') ?? '', family: parameters.get('family') ?? undefined };
}

export function writeAddress({ query, family }: Asked): string {
  const parameters = new URLSearchParams();
  if (query !== '') parameters.set('q', query);
  if (family !== undefined) parameters.set('family', family);
  return `#${parameters}`;
}
