import { addRun, moveRun } from './additions.ts';
import type { DeploymentPlan } from './living-plan.ts';
import type { DeploymentRecord, FlowRecord, FlowRunRecord } from './records.ts';
import { type Microseconds, microsecondsPerSecond } from './timestamps.ts';
import type { StateChange } from './transitions.ts';
import type { Workspace } from './workspace.ts';

/** A deployment that lives, with what is planned for its runs. */
export interface LivingDeployment {
  readonly plan: DeploymentPlan;
  readonly flow: FlowRecord;
  readonly deployment: DeploymentRecord;
}

/** What happens next to a run, and when. */
export interface Appointment {
  readonly atUs: Microseconds;
  readonly change: StateChange;
}

export interface RunLives {
  /** Runs that are not over, with what is to come; undefined while they wait to be picked up. */
  readonly open: ReadonlyMap<FlowRunRecord, Appointment | undefined>;
  schedule(owner: LivingDeployment, atUs: Microseconds, createdUs: Microseconds): void;
  /** A run by hand: with a deployment it waits in its queue, without one it starts by itself. */
  start(owner: LivingDeployment, atUs: Microseconds): void;
  /** A worker takes a waiting run. */
  pickUp(run: FlowRunRecord, atUs: Microseconds): void;
  /** Nobody took it in time. */
  markLate(run: FlowRunRecord, atUs: Microseconds): void;
  /** Keeps every appointment until then. */
  keepAppointments(untilUs: Microseconds): void;
  /** A run that never ends, running since then. */
  stick(owner: LivingDeployment, sinceUs: Microseconds): void;
}

export function createRunLives(
  workspace: Workspace,
  owners: readonly LivingDeployment[],
  flowNamed: (name: string) => FlowRecord,
): RunLives {
  const { chance } = workspace;
  const open = new Map<FlowRunRecord, Appointment | undefined>();
  const plans = new Map(owners.map((owner) => [owner.deployment.id, owner.plan]));
  const usually = (seconds: number) =>
    Math.round(seconds * microsecondsPerSecond * (0.6 + 0.8 * chance.random()));
  const planOf = (run: FlowRunRecord) => plans.get(run.deploymentId ?? '');

  const move = (run: FlowRunRecord, change: StateChange) => {
    const before = run.state;
    moveRun(workspace, run, change);
    const next = appointment(run, before.type);
    if (run.endUs !== null) open.delete(run);
    else open.set(run, next);
  };

  /** What follows the state that was just entered. */
  const appointment = (run: FlowRunRecord, before: string): Appointment | undefined => {
    const atUs = run.state.timestampUs;
    switch (run.state.type) {
      case 'PENDING':
        return { atUs: atUs + usually(6), change: { type: 'RUNNING' } };
      case 'RUNNING':
        return whileRunning(run, atUs, before);
      case 'PAUSED':
        run.resuming = true;
        return { atUs: atUs + usually(240), change: { type: 'RUNNING' } };
      case 'CANCELLING':
        return { atUs: atUs + usually(12), change: { type: 'CANCELLED' } };
      default:
        return undefined;
    }
  };

  const whileRunning = (run: FlowRunRecord, atUs: Microseconds, before: string): Appointment => {
    const plan = planOf(run);
    if (plan?.child !== undefined && before !== 'PAUSED') startChild(run, plan.child, atUs);
    const endUs = atUs + usually(plan?.typicalSeconds ?? 30);
    if (plan?.pauses && before !== 'PAUSED') return { atUs: endUs, change: { type: 'PAUSED' } };
    return { atUs: endUs, change: outcome(run, plan, endUs) };
  };

  const outcome = (
    run: FlowRunRecord,
    plan: DeploymentPlan | undefined,
    endUs: Microseconds,
  ): StateChange => {
    const dice = chance.random();
    if (dice < (plan?.crashing ?? 0)) return { type: 'CRASHED', message: 'The pod was evicted.' };
    if (dice < (plan?.crashing ?? 0) + (plan?.failing ?? 0)) return failure(run, plan, endUs);
    if (dice > 0.995) return { type: 'CANCELLING' };
    return dice > 0.98 ? { type: 'COMPLETED', name: 'Skipped' } : { type: 'COMPLETED' };
  };

  const failure = (
    run: FlowRunRecord,
    plan: DeploymentPlan | undefined,
    endUs: Microseconds,
  ): StateChange => {
    if (run.runCount <= (plan?.retries ?? 0)) {
      return { type: 'SCHEDULED', name: 'AwaitingRetry', scheduledUs: endUs + usually(40) };
    }
    return chance.random() < 0.2 ? { type: 'FAILED', name: 'TimedOut' } : { type: 'FAILED' };
  };

  const startChild = (parent: FlowRunRecord, flowName: string, atUs: Microseconds) => {
    const flow = flowNamed(flowName);
    const child = addRun(workspace, { flow, parent, state: { type: 'PENDING' }, createdUs: atUs });
    open.set(child, appointment(child, 'PENDING'));
  };

  return {
    open,
    schedule: ({ flow, deployment }, atUs, createdUs) => {
      const schedule = deployment.schedules[0];
      const createdBy = schedule && { id: schedule.id, type: 'SCHEDULE', display_value: 'IntervalSchedule' };
      const run = addRun(workspace, {
        flow,
        deployment,
        createdUs,
        createdBy: createdBy ?? null,
        autoScheduled: true,
        tags: deployment.tags,
        idempotencyKey: `scheduled ${deployment.id} ${schedule?.id ?? ''} ${atUs}`,
        state: { type: 'SCHEDULED', scheduledUs: atUs, timestampUs: createdUs },
      });
      open.set(run, undefined);
    },
    start: ({ flow, deployment, plan }, atUs) => {
      const hasQueue = plan.queue !== undefined;
      const state: StateChange = { type: hasQueue ? 'SCHEDULED' : 'PENDING', timestampUs: atUs };
      const run = addRun(workspace, {
        flow,
        state,
        createdUs: atUs,
        ...(hasQueue && { deployment, tags: deployment.tags }),
      });
      open.set(run, appointment(run, ''));
    },
    pickUp: (run, atUs) => move(run, { type: 'PENDING', timestampUs: atUs }),
    markLate: (run, atUs) => {
      const scheduledUs = run.state.scheduledUs ?? atUs;
      move(run, { type: 'SCHEDULED', name: 'Late', scheduledUs, timestampUs: atUs });
    },
    keepAppointments: (untilUs) => {
      for (const [run, next] of open) {
        if (next && next.atUs <= untilUs) move(run, { ...next.change, timestampUs: next.atUs });
      }
    },
    stick: ({ flow, deployment }, sinceUs) => {
      const run = addRun(workspace, {
        flow,
        deployment,
        createdUs: sinceUs,
        tags: deployment.tags,
        state: { type: 'RUNNING', timestampUs: sinceUs },
      });
      // Open without an appointment: it holds its slot and nothing ever happens to it.
      open.set(run, undefined);
    },
  };
}
