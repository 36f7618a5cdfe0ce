import { DependencyError } from '../prefect/reader.ts';
import type { ResourceName } from '../prefect/resources.ts';
import type { Problem } from '../problem.ts';
import type { Probes } from './probes.ts';

/** One warning for all resources the key may not read, with the families that will be missing. */
export function roleTooSmall(
  forbidden: readonly { readonly name: ResourceName; readonly error: unknown }[],
  collectors: Probes['collectors'],
): Problem {
  const names = new Set(forbidden.map(({ name }) => name));
  const absent = collectors
    .filter(({ needs }) => needs.some((name) => names.has(name)))
    .flatMap(({ families }) => families.map(({ name }) => name));
  // What only needs one of them is not forbidden itself.
  const refused = forbidden.filter(({ error }) => !(error instanceof DependencyError));
  const shown = refused.map(({ name }) => `${words(name)} (403)`).join(', ');
  return {
    slug: 'prefect-role-too-small',
    message: `The key may not read: ${shown}. These families will be absent: ${[...new Set(absent)].join(', ')}.`,
    do: 'give the service account a larger role in the workspace; the smallest built-in one that may read everything is Viewer',
  };
}

/** `workQueues` as `work queues`. */
const words = (name: ResourceName): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
