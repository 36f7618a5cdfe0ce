import type { FlowRun } from '../prefect/model.ts';

/** Late runs by queue id, as Prefect's own queue health counts them (`models/work_queues.py`): by state name. */
export function lateRunsByQueue(dueRuns: readonly FlowRun[]): ReadonlyMap<string, number> {
  const late = new Map<string, number>();
  for (const { state_name, work_queue_id } of dueRuns) {
    if (state_name === 'Late' && work_queue_id !== null) {
      late.set(work_queue_id, (late.get(work_queue_id) ?? 0) + 1);
    }
  }
  return late;
}
