import { expect, test } from 'vitest';
import type { NamedFinishedTaskRun } from '../../lib/prefect/resources.ts';
import { foldAt, minuteMs, startedLedger, startMs, theSettings, timeOf, valuesOf } from './fixtures.ts';

const at = (minutes: number): number => startMs + minutes * minuteMs;
const aTaskRun = (fields: Partial<NamedFinishedTaskRun> = {}): NamedFinishedTaskRun => ({
  id: 'task-run-1',
  flow_id: null,
  flow_run_id: null,
  state_type: 'COMPLETED',
  end_time: timeOf(at(1) - 1),
  total_run_time: 20,
  run_count: 1,
  flow: 'etl',
  ...fields,
});

test('ends of task runs count once, by flow and state, and are timed where they ran', () => {
  const selection = { ...theSettings().selection, flow: (name: string) => name !== 'left-out' };
  const settings = theSettings({ selection });
  const ledger = startedLedger(settings);
  const runs = [
    aTaskRun(),
    aTaskRun({ end_time: timeOf(at(1) - 2) }),
    aTaskRun({ id: 'failed', state_type: 'FAILED' }),
    aTaskRun({ id: 'cached', run_count: 0 }),
    aTaskRun({ id: 'early', end_time: timeOf(startMs - 1) }),
    aTaskRun({ id: 'other', flow: 'left-out' }),
  ];
  for (const minutes of [1, 2]) {
    const finishedTaskRuns = { runs, upToUs: at(minutes) * 1000 };
    foldAt(ledger, at(minutes), { finishedRuns: undefined, finishedTaskRuns }, settings);
  }
  const { series } = ledger.sources.finishedTaskRuns;
  expect(valuesOf(series, 'prefect_task_runs_finished_total', ['flow', 'state_type'])).toEqual({
    'etl/COMPLETED': 3,
    'etl/FAILED': 1,
  });
  expect(valuesOf(series, 'prefect_task_run_duration_seconds', ['flow', 'state_type'])).toEqual({
    'etl/COMPLETED': [0, 2, 2, 2, 40, 2],
  });
});
