import type { NamePatterns } from '../config/config.ts';
import type { Selection } from './collector.ts';

/** A name is selected when it matches `include` (or there is none) and does not match `exclude`. */
export const createSelection = (patterns: {
  readonly flows: NamePatterns;
  readonly deployments: NamePatterns;
  readonly workPools: NamePatterns;
}): Selection => ({
  flow: (name) => selects(patterns.flows, name),
  deployment: (name) => selects(patterns.deployments, name),
  workPool: (name) => selects(patterns.workPools, name),
});

// `search` rather than `test`, which remembers where it was for patterns with the flag g.
const selects = ({ include, exclude }: NamePatterns, name: string): boolean =>
  (include === undefined || name.search(include) >= 0) && (exclude === undefined || name.search(exclude) < 0);
