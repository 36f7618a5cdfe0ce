import { describe, expect, it } from 'vitest';
import type { CollectContext } from '../../lib/collectors/collector.ts';
import { openRuns } from '../../lib/collectors/open-runs.ts';
import { upcomingRuns } from '../../lib/collectors/upcoming-runs.ts';
import type { Sample } from '../../lib/metrics/family.ts';
import type { NamedDeployment, NamedRun } from '../../lib/prefect/resources.ts';
import { aContext, aDeployment, anUndeployedRun, aRun, aRunOf, noResources } from '../support/fixtures.ts';

const [k8s, local] = [aDeployment('etl', 'hourly'), aDeployment('etl', 'local', { work_pool_name: 'local' })];

function samplesOf(
  runs: readonly NamedRun[],
  deployments: readonly NamedDeployment[] = [],
  context: CollectContext = aContext(),
): { open: readonly Sample[]; oldest: readonly Sample[] } {
  const [open, oldest] = openRuns.collect({ ...noResources, openRuns: runs, deployments }, context);
  return { open: open?.samples ?? [], oldest: oldest?.samples ?? [] };
}

const total = (samples: readonly Sample[]) => samples.reduce((sum, { value }) => sum + value, 0);

describe('open runs', () => {
  it('a listed deployment without runs has three zeros, none without zero-fill and none in lean', () => {
    const states = samplesOf([], [k8s]).open.map(({ labels, value }) => [
      labels.state_type,
      labels.state_name,
      value,
    ]);
    expect(states).toEqual([
      ['RUNNING', 'Running', 0],
      ['PENDING', 'Pending', 0],
      ['SCHEDULED', 'Late', 0],
    ]);
    expect(samplesOf([], [k8s], aContext({ zeroFill: false })).open).toEqual([]);
    expect(samplesOf([], [k8s], aContext({ detail: 'lean' })).open).toEqual([]);
  });

  it('a deployment that is gone is not an ad-hoc run', () => {
    const { open } = samplesOf([
      anUndeployedRun('etl', { deployment_id: 'gone' }),
      anUndeployedRun('etl', { deployment_id: null }),
    ]);
    expect(open.map(({ labels }) => labels.deployment)).toEqual(['_deleted', '']);
  });

  it.each([
    ['Late', 'SCHEDULED', 'Late'],
    ['Late', 'RUNNING', 'other'],
    ['Waiting for Godot', 'RUNNING', 'other'],
    ['Retrying', 'RUNNING', 'Retrying'],
    ['New', 'NEW_STATE_OF_PREFECT_9', 'other'],
  ])('the name %s of a %s run is counted as %s', (state_name, state_type, expected) => {
    const { open } = samplesOf([anUndeployedRun('etl', { state_name, state_type })]);
    expect(open.map(({ labels }) => labels.state_name)).toEqual([expected]);
  });

  it.each([
    ['flows', [0, 0]],
    ['deployments', [1, 3]],
    ['workPools', [1, 3]],
  ] as const)('what %s leave out is counted nowhere, zeros included', (patterns, [runs, series]) => {
    const exclude = { flows: /^etl$/, deployments: /^hourly$/, workPools: /^k8s$/ }[patterns];
    const context = aContext({ [patterns]: { include: undefined, exclude } });
    const { open, oldest } = samplesOf([aRunOf(k8s), aRunOf(local)], [k8s, local], context);
    expect([total(open), open.length]).toEqual([runs, series]);
    expect(oldest).toHaveLength(runs);
  });

  it('a list of deployments to include leaves out ad-hoc and deleted ones', () => {
    const context = aContext({ deployments: { include: /hourly/, exclude: undefined } });
    const runs = [aRunOf(k8s), anUndeployedRun('etl'), anUndeployedRun('etl', { deployment_id: 'gone' })];
    expect(total(samplesOf(runs, [], context).open)).toBe(1);
  });
});

describe('the oldest open run', () => {
  const at = (time: string) => `2026-11-20T${time}.500000Z`;
  const oldestOf = (...runs: readonly Parameters<typeof aRun>[0][]) =>
    samplesOf(runs.map((fields) => anUndeployedRun('etl', fields))).oldest.map(({ value }) =>
      new Date(value * 1000).toISOString().slice(11, 21),
    );

  it('is the earliest first start of the running', () => {
    const late = { start_time: at('10:00:00'), state_timestamp: at('08:00:00') };
    expect(oldestOf(late, { start_time: at('09:00:00') })).toEqual(['09:00:00.5']);
    expect(oldestOf({ start_time: null, state_timestamp: at('08:00:00') })).toEqual(['08:00:00.5']);
  });

  it('is when it entered its state for the pending', () => {
    const pending = { state_type: 'PENDING', start_time: at('01:00:00'), state_timestamp: at('08:00:00') };
    expect(oldestOf(pending)).toEqual(['08:00:00.5']);
    expect(oldestOf({ ...pending, state_timestamp: null })).toEqual([]);
  });

  it('is when it is due for the scheduled, of a retry the time of the retry', () => {
    const retry = {
      state_type: 'SCHEDULED',
      state_name: 'AwaitingRetry',
      start_time: at('02:00:00'),
      expected_start_time: at('01:59:00'),
      next_scheduled_start_time: at('11:58:00'),
    };
    expect(oldestOf(retry)).toEqual(['11:58:00.5']);
    expect(oldestOf({ ...retry, next_scheduled_start_time: null })).toEqual(['01:59:00.5']);
  });

  it('a run that waits for a slot is as old as its first schedule, unless it had started before', () => {
    const waiting = {
      state_type: 'SCHEDULED',
      state_name: 'AwaitingConcurrencySlot',
      start_time: null,
      expected_start_time: at('09:00:00'),
      next_scheduled_start_time: at('11:59:40'),
    };
    expect(oldestOf(waiting)).toEqual(['09:00:00.5']);
    expect(oldestOf({ ...waiting, start_time: at('09:30:00') })).toEqual(['11:59:40.5']);
  });
});

it('upcoming runs are never fewer than none', () => {
  const upcoming = (scheduledRunCount: number, due: number) =>
    upcomingRuns
      .collect({ scheduledRunCount, dueRuns: Array.from({ length: due }, () => aRun()) }, aContext())
      .flatMap(({ samples }) => samples.map(({ value }) => value));
  expect(upcoming(5, 2)).toEqual([3]);
  expect(upcoming(1, 2)).toEqual([0]);
});
