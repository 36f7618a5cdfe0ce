import type { StateType } from '../../lib/prefect/model.ts';
import type { RunProgress, StateRecord } from './records.ts';
import type { Microseconds } from './timestamps.ts';
import type { Workspace } from './workspace.ts';

/** A state to enter; name and timestamp default to the type's own name and to now. */
export interface StateChange {
  readonly type: StateType;
  readonly name?: string | undefined;
  readonly timestampUs?: Microseconds | undefined;
  readonly message?: string | null | undefined;
  /** SCHEDULED only; defaults to the timestamp. */
  readonly scheduledUs?: Microseconds | undefined;
}

const terminal: ReadonlySet<StateType> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED']);

export const isTerminal = (type: StateType): boolean => terminal.has(type);

const defaultName = (type: StateType) => type.charAt(0) + type.slice(1).toLowerCase();

export function newState(workspace: Workspace, change: StateChange): StateRecord {
  const timestampUs = change.timestampUs ?? workspace.nowUs();
  return {
    id: workspace.chance.uuid(),
    type: change.type,
    name: change.name ?? defaultName(change.type),
    timestampUs,
    message: change.message ?? null,
    scheduledUs: change.type === 'SCHEDULED' ? (change.scheduledUs ?? timestampUs) : null,
  };
}

/**
 * Which times a finish sets on a run that never ran: Prefect 2 none at all, 3.0 to 3.6.13 only the end,
 * later servers both.
 */
export type NeverStartedFinish = 'no-times' | 'end-only' | 'start-and-end';

/** Moves a run as the server's global policy does (orchestration/global_policy.py). */
export function enterState(
  run: RunProgress,
  state: StateRecord,
  neverStarted: NeverStartedFinish = 'start-and-end',
): void {
  leaveState(run, state);
  run.state = state;
  run.updatedUs = Math.max(run.updatedUs, state.timestampUs);
  if (run.expectedStartUs === null) run.expectedStartUs = state.scheduledUs ?? state.timestampUs;
  if (state.type === 'SCHEDULED') run.nextScheduledUs = state.scheduledUs;
  if (state.type === 'RUNNING') startAttempt(run, state.timestampUs);
  if (isTerminal(state.type)) finish(run, state.timestampUs, neverStarted);
}

function leaveState(run: RunProgress, next: StateRecord): void {
  const { state } = run;
  if (state.type === 'SCHEDULED') run.nextScheduledUs = null;
  if (state.type === 'RUNNING') run.totalRunUs += next.timestampUs - state.timestampUs;
  if (isTerminal(state.type) && !isTerminal(next.type)) run.endUs = null;
}

function startAttempt(run: RunProgress, atUs: Microseconds): void {
  run.startUs ??= atUs;
  if (!run.resuming) run.runCount += 1;
  run.resuming = false;
}

/** From one terminal state to another the first end stays. */
function finish(run: RunProgress, atUs: Microseconds, neverStarted: NeverStartedFinish): void {
  run.resuming = false;
  if (run.endUs !== null) return;
  if (run.startUs === null && neverStarted === 'no-times') return;
  if (neverStarted === 'start-and-end') run.startUs ??= atUs;
  run.endUs = atUs;
}

/** Of a run that is about to enter its first state. */
export const noProgress = (updatedUs: Microseconds, state: RunProgress['state']): RunProgress => ({
  updatedUs,
  // Replaced at once: entering the first state sets the times that hang on it.
  state: { ...state, type: 'PENDING' },
  runCount: 0,
  expectedStartUs: null,
  nextScheduledUs: null,
  startUs: null,
  endUs: null,
  totalRunUs: 0,
  resuming: false,
});
