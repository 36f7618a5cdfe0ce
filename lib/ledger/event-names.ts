import { knownStateNames } from '../collectors/state-names.ts';

/** Objects and what Prefect itself reports of them (docs/v3/api-ref/events). */
const lifecycle: Readonly<Record<string, readonly string[]>> = {
  'prefect.deployment': ['ready', 'not-ready', 'created', 'updated', 'deleted'],
  'prefect.work-pool': ['ready', 'not-ready', 'paused', 'created', 'updated', 'deleted'],
  'prefect.work-queue': ['ready', 'not-ready', 'paused', 'created', 'updated', 'deleted'],
  'prefect.worker': ['started', 'stopped', 'submitted-flow-run', 'executed-flow-run'],
  'prefect.concurrency-limit': ['acquired', 'released', 'created', 'updated', 'deleted'],
  'prefect.automation': ['created', 'updated', 'deleted', 'triggered', 'resolved'],
  'prefect.automation.action': ['triggered', 'executed', 'failed'],
  'prefect.flow': ['created', 'updated', 'deleted'],
};

const known: ReadonlySet<string> = new Set([
  ...knownStateNames.flatMap((name) => [`prefect.flow-run.${name}`, `prefect.task-run.${name}`]),
  ...Object.entries(lifecycle).flatMap(([object, verbs]) => verbs.map((verb) => `${object}.${verb}`)),
]);

/** The event as a label value: users emit events of their own, and states with any name, which are `other`. */
export const boundedEvent = (name: string): string => (known.has(name) ? name : 'other');
