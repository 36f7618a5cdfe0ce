import type { KnownStateType, StateType } from '../prefect/model.ts';

/** In the order of a run's life, with the names Prefect itself gives to states (`schemas/states.py`). */
const knownNames: Readonly<Record<KnownStateType, readonly string[]>> = {
  SCHEDULED: ['Scheduled', 'Late', 'AwaitingRetry', 'AwaitingConcurrencySlot', 'Resuming'],
  PENDING: ['Pending', 'Submitting', 'InfrastructurePending'],
  RUNNING: ['Running', 'Retrying'],
  PAUSED: ['Paused', 'Suspended'],
  CANCELLING: ['Cancelling'],
  CANCELLED: ['Cancelled'],
  COMPLETED: ['Completed', 'Cached', 'RolledBack'],
  FAILED: ['Failed', 'TimedOut'],
  CRASHED: ['Crashed'],
};

const namesByType: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(knownNames));

/** The state name as a label value. Users may give states any name: what Prefect does not know is `other`. */
export const boundedStateName = (type: StateType, name: string): string =>
  namesByType.get(type)?.includes(name) ? name : 'other';

export const knownStateNames: readonly string[] = [...namesByType.values()].flat();

export const knownStateTypes: readonly StateType[] = [...namesByType.keys()];
