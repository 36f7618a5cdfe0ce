import type { Labels, Sample } from '../metrics/family.ts';

/** One sample, or none where Prefect does not say: missing is not zero. */
export const known = (labels: Labels, value: number | null | undefined): readonly Sample[] =>
  value === null || value === undefined ? [] : [{ labels, value }];

export const flag = (value: boolean): number => (value ? 1 : 0);

/** READY as 1, every other status as 0, no status as no value. */
export const ready = (status: string | null): number | null =>
  status === null ? null : flag(status === 'READY');
