import { history } from '../compat/history.ts';
import { automations } from './automations.ts';
import type { Collector } from './collector.ts';
import { concurrencyLimits } from './concurrency-limits.ts';
import { deploymentLimits } from './deployment-limits.ts';
import { deploymentObjectives } from './deployment-objectives.ts';
import { deploymentVersions } from './deployment-versions.ts';
import { deployments } from './deployments.ts';
import { flows } from './flows.ts';
import { events, finishedRuns, lastRuns, startDelays, taskRuns } from './kept.ts';
import { nextRuns } from './next-runs.ts';
import { openRuns } from './open-runs.ts';
import { server } from './server.ts';
import { upcomingRuns } from './upcoming-runs.ts';
import { workPoolSlots } from './work-pool-slots.ts';
import { workPools } from './work-pools.ts';
import { workQueueHealth } from './work-queue-health.ts';
import { workQueueLateRuns } from './work-queue-late-runs.ts';
import { workQueueSlots } from './work-queue-slots.ts';
import { workQueues } from './work-queues.ts';
import { workers } from './workers.ts';
import { workspace } from './workspace.ts';

/** Every collector there is, in the order of docs/METRICS.md. A new one is a file and a line here. */
export const allCollectors: readonly Collector[] = [
  finishedRuns,
  startDelays,
  lastRuns,
  openRuns,
  upcomingRuns,
  deployments,
  deploymentObjectives,
  deploymentLimits,
  deploymentVersions,
  nextRuns,
  workPools,
  workPoolSlots,
  workers,
  workQueues,
  workQueueLateRuns,
  workQueueSlots,
  workQueueHealth,
  concurrencyLimits,
  flows,
  automations,
  taskRuns,
  events,
  server,
  workspace,
  history,
];
