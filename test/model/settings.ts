import type { Collector } from '../../lib/collectors/collector.ts';
import { finishedRuns, lastRuns, startDelays, taskRuns } from '../../lib/collectors/kept.ts';
import { openRuns } from '../../lib/collectors/open-runs.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';
import { workQueues } from '../../lib/collectors/work-queues.ts';
import type { SeriesConfig } from '../../lib/config/config.ts';
import type { Identity } from '../../lib/ledger/ledger.ts';
import { ownCounters } from '../../lib/ledger/own-counters.ts';
import type { LedgerSettings } from '../../lib/ledger/settings.ts';
import { describeBy } from '../../lib/metrics/description.ts';
import type { Profile } from './profiles.ts';
import type { Schedule } from './schedule.ts';

export const identity: Identity = { prefect: 'http://prefect/api', sink: 'http://receiver/write' };

export const minuteMs = 60_000;

export const collectorsOf = ({ taskRuns: withTaskRuns }: Profile): readonly Collector[] => [
  finishedRuns,
  startDelays,
  lastRuns,
  openRuns,
  workQueues,
  ...(withTaskRuns ? [taskRuns] : []),
];

export const describe = describeBy([
  ...[finishedRuns, startDelays, lastRuns, openRuns, workQueues, taskRuns].flatMap(
    ({ families }) => families,
  ),
  ...selfDescriptors,
  ...ownCounters,
]);

const everything = { include: undefined, exclude: undefined };

export const seriesConfig = ({ maxSeries, zeroFill }: Profile): SeriesConfig => ({
  externalLabels: { job: 'model' },
  deploymentTagLabels: [],
  maxSeries,
  detail: 'deployment',
  zeroFill,
  metricSets: ['native'],
  collectors: undefined,
  metricsExclude: undefined,
  flows: everything,
  deployments: everything,
  workPools: everything,
  historyWindowMinutes: 60,
});

/** @param tick the number of the tick, from 0 */
export function isChanged({ change }: Schedule, tick: number): boolean {
  return change !== undefined && tick >= change.tick && tick < change.tick + change.ticks;
}

export const intervalAt = (schedule: Schedule, tick: number): number =>
  (isChanged(schedule, tick) ? schedule.change?.intervalMs : undefined) ?? minuteMs;

export const overlapAt = (schedule: Schedule, tick: number): number =>
  (isChanged(schedule, tick) ? schedule.change?.overlapMs : undefined) ?? 5 * minuteMs;

export const durationBounds = [30, 60];
export const startDelayBounds = [10];

export function settingsAt(profile: Profile, schedule: Schedule, tick: number): LedgerSettings {
  const overlapUs = overlapAt(schedule, tick) * 1000;
  return {
    intervalMs: intervalAt(schedule, tick),
    sources: { finishedRuns: true, finishedTaskRuns: profile.taskRuns, events: false },
    overlapUs: { finishedRuns: overlapUs, finishedTaskRuns: overlapUs },
    outboxMs: profile.outboxMs,
    retentionMs: profile.retentionMs,
    durationBounds,
    startDelayBounds,
    durationStateTypes: ['COMPLETED', 'FAILED', 'CANCELLED'],
    startDelayBy: 'work_queue',
    trigger: false,
    histogramsByDeployment: true,
    zeroFill: profile.zeroFill,
    maxSeries: profile.maxSeries,
    keepsLast: profile.sink === 'pushgateway',
    selection: { flow: () => true, deployment: () => true, workPool: () => true },
    tagLabels: () => ({}),
    wants: () => true,
  };
}
