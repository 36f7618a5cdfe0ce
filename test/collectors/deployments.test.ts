import { describe, expect, it } from 'vitest';
import type { Collector } from '../../lib/collectors/collector.ts';
import { deploymentLimits } from '../../lib/collectors/deployment-limits.ts';
import { deployments } from '../../lib/collectors/deployments.ts';
import { nextRuns } from '../../lib/collectors/next-runs.ts';
import type { NamedDeployment, Resources } from '../../lib/prefect/resources.ts';
import { aContext, aDeployment, aLimit, noResources } from '../support/fixtures.ts';

const valuesOf = (
  collector: Collector,
  fields: Partial<NamedDeployment>,
  more: Partial<Resources> = {},
): Record<string, readonly number[]> =>
  Object.fromEntries(
    collector
      .collect({ ...noResources, ...more, deployments: [aDeployment('etl', 'hourly', fields)] }, aContext())
      .map(({ descriptor, samples }) => [descriptor.name, samples.map(({ value }) => value)]),
  );

describe('deployments', () => {
  const schedules = [{ active: true }, { active: false }, { active: true }];

  it('active schedules are counted, none while paused', () => {
    const active = (paused: boolean) =>
      valuesOf(deployments, { schedules, paused }).prefect_deployment_schedules_active;
    expect(active(false)).toEqual([2]);
    expect(active(true)).toEqual([0]);
  });

  it.each([
    ['READY', [1]],
    ['NOT_READY', [0]],
    [null, []],
  ])('with the status %s ready is %j', (status, expected) => {
    expect(valuesOf(deployments, { status }).prefect_deployment_ready).toEqual(expected);
  });

  it('the time of creation keeps its microseconds', () => {
    const created = '2026-11-20T12:00:00.123456Z';
    expect(valuesOf(deployments, { created }).prefect_deployment_created_timestamp_seconds).toEqual([
      1_795_176_000.123456,
    ]);
  });

  it('what is excluded is not in the count either', () => {
    const excluded = aContext({ flows: { include: undefined, exclude: /^etl$/ } });
    const families = deployments.collect({ deployments: [aDeployment('etl'), aDeployment('b')] }, excluded);
    expect(families.map(({ samples }) => samples.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(families.at(-1)?.samples).toEqual([{ labels: {}, value: 1 }]);
  });
});

it('a limit that is switched off is no limit', () => {
  const limits = (active: boolean) =>
    valuesOf(deploymentLimits, { global_concurrency_limit: aLimit('deployment:1', { active }) });
  expect(Object.values(limits(true))).toEqual([[2], [1]]);
  expect(Object.values(limits(false))).toEqual([[], []]);
  expect(Object.values(valuesOf(deploymentLimits, {}))).toEqual([[], []]);
});

it('the next run is absent where none is scheduled', () => {
  const next = (id: string) =>
    valuesOf(nextRuns, { id }, { nextRuns: new Map([['a', '1970-01-01T00:00:05Z']]) });
  expect(Object.values(next('a'))).toEqual([[5]]);
  expect(Object.values(next('b'))).toEqual([[]]);
});
