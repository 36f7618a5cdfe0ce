import type { Clock } from '../../lib/clock.ts';
import { addAutomation, addConcurrencyLimit, addDeployment, addFlow } from './additions.ts';
import { createPlaces, type Places } from './living-places.ts';
import { deploymentPlans, pastSeconds } from './living-plan.ts';
import { createRunLives, type LivingDeployment, type RunLives } from './living-runs.ts';
import { countSlots, stepUs, takeWaiting } from './living-slots.ts';
import type { FlowRecord } from './records.ts';
import { type Microseconds, microsecondsPerSecond } from './timestamps.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

export interface LivingOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly seed?: number;
}

/** A workspace in which things happen as the clock moves. */
export interface LivingWorkspace {
  readonly workspace: Workspace;
  /** Lets everything happen until then (ms since the epoch; now, if not given). Never goes back. */
  advance(toMs?: number): void;
}

const second = microsecondsPerSecond;
const minuteUs = 60 * second;
const aheadUs = 3600 * second;
const fewestAhead = 3;
const mostAhead = 100;
const keptUs = 6 * 3600 * second;

/**
 * A company's workload with three hours of past: the same seed and the same start give the same life, whatever the
 * steps in which it is advanced.
 */
export function createLivingWorkspace({ clock, seed = 7 }: LivingOptions): LivingWorkspace {
  const workspace = createWorkspace({ clock, seed });
  const nowUs = () => workspace.nowUs();
  const startUs = Math.floor(nowUs() / minuteUs) * minuteUs - pastSeconds * second;
  const life = createLife(workspace, startUs);
  let reachedUs = startUs;
  const advance = (toMs = clock.now()) => {
    while (reachedUs + stepUs <= toMs * 1000) {
      reachedUs += stepUs;
      life.step(reachedUs);
    }
  };
  advance();
  return { workspace, advance };
}

function createLife(workspace: Workspace, startUs: Microseconds) {
  const places = createPlaces(workspace, startUs);
  const flows = new Map<string, FlowRecord>();
  const flowNamed = (name: string) => {
    const flow = flows.get(name) ?? addFlow(workspace, { name, createdUs: startUs });
    flows.set(name, flow);
    return flow;
  };
  const owners = deploymentPlans.map((plan) =>
    createOwner(workspace, places, flowNamed(plan.flow), plan, startUs),
  );
  const lives = createRunLives(workspace, owners, flowNamed);
  const shared = addConcurrencyLimit(workspace, { name: 'warehouse', limit: 6, createdUs: startUs });
  addConcurrencyLimit(workspace, { name: 'tag:gpu', limit: 2, createdUs: startUs });
  addAutomation(workspace, { name: 'page-on-failure', createdUs: startUs });
  const stuck = owners.find(({ plan }) => plan.name === 'full');
  if (stuck) lives.stick(stuck, startUs - 6 * 3600 * second + 123_456);
  const plannedUs = new Map<LivingDeployment, Microseconds | undefined>();

  return {
    step: (atUs: Microseconds) => {
      if (atUs % minuteUs === 0) everyMinute(atUs);
      lives.keepAppointments(atUs);
      takeWaiting(workspace, places, lives, atUs);
      if (atUs % (30 * second) === 0) places.beat(atUs);
      shared.activeSlots = Math.min(shared.limit, countSlots(workspace, lives, owners, places));
    },
  };

  function everyMinute(atUs: Microseconds) {
    for (const owner of owners) plannedUs.set(owner, scheduleAhead(owner, lives, atUs, plannedUs.get(owner)));
    for (const owner of owners) {
      const isByHand = owner.plan.everySeconds === undefined && owner.plan.name !== 'full';
      if (isByHand && workspace.chance.random() < 0.15)
        lives.start(owner, atUs - workspace.chance.between(1, 4_999_999));
    }
    for (const run of workspace.runs.values()) {
      if (run.endUs !== null && run.endUs < atUs - keptUs) workspace.runs.delete(run.id);
    }
  }
}

function createOwner(
  workspace: Workspace,
  places: Places,
  flow: FlowRecord,
  plan: LivingDeployment['plan'],
  startUs: Microseconds,
): LivingDeployment {
  const { name, tags = [], paused = false, everySeconds, isScheduleActive = true, concurrencyLimit } = plan;
  // Not everything starts on the hour.
  const anchorUs = startUs + workspace.deployments.size * 37 * second;
  const schedule = { intervalSeconds: everySeconds ?? 0, anchorUs, active: isScheduleActive };
  const deployment = addDeployment(workspace, {
    name,
    flow,
    tags,
    paused,
    concurrencyLimit,
    queue: plan.queue === undefined ? undefined : places.queues.get(plan.queue),
    schedules: everySeconds === undefined ? [] : [schedule],
    version: '1.0',
    entrypoint: `flows/${plan.flow.replaceAll('-', '_')}.py:main`,
    createdUs: startUs,
  });
  return { plan, flow, deployment };
}

/** As the server's scheduler: an hour ahead, at least three runs, at most a hundred. Returns the last time. */
function scheduleAhead(
  owner: LivingDeployment,
  lives: RunLives,
  atUs: Microseconds,
  lastUs: Microseconds | undefined,
): Microseconds | undefined {
  const [schedule] = owner.deployment.schedules;
  if (!schedule?.active || owner.deployment.paused) return lastUs;
  const everyUs = schedule.intervalSeconds * second;
  const ahead = Math.min(mostAhead, Math.max(fewestAhead, Math.ceil(aheadUs / everyUs)));
  const untilUs = atUs + ahead * everyUs;
  const upcomingUs = Math.ceil((atUs - schedule.anchorUs) / everyUs) * everyUs + schedule.anchorUs;
  let nextUs = Math.max(upcomingUs, lastUs === undefined ? 0 : lastUs + everyUs);
  for (; nextUs <= untilUs; nextUs += everyUs) lives.schedule(owner, nextUs, atUs);
  return nextUs - everyUs;
}
