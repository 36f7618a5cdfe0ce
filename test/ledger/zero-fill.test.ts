import { describe, expect, test } from 'vitest';
import { zeroFill } from '../../lib/ledger/zero-fill.ts';
import { aDeployment } from '../support/fixtures.ts';
import {
  aFinish,
  foldAt,
  minuteMs,
  placeIn,
  startedLedger,
  startMs,
  theSettings,
  valuesOf,
} from './fixtures.ts';

const finished = 'prefect_flow_runs_finished_total';
const retries = 'prefect_flow_run_retries_total';
const settings = theSettings({ zeroFill: true });
const hourly = aDeployment('etl', 'hourly');

function filled(changes: Parameters<typeof theSettings>[0] = {}, deployments = [hourly]) {
  const map = new Map();
  zeroFill(placeIn(map), deployments, { ...settings, ...changes });
  return map;
}

describe('zeroFill', () => {
  test('makes the usual ends and the retries of each listed deployment', () => {
    const map = filled({}, [
      hourly,
      aDeployment('etl', 'daily', { work_pool_name: null, work_queue_name: null }),
    ]);
    expect(
      valuesOf(map, finished, ['deployment', 'work_pool', 'state_type', 'state_name', 'subflow']),
    ).toEqual({
      'hourly/k8s/COMPLETED/Completed/false': 0,
      'hourly/k8s/FAILED/Failed/false': 0,
      'hourly/k8s/CRASHED/Crashed/false': 0,
      'hourly/k8s/CANCELLED/Cancelled/false': 0,
      'daily//COMPLETED/Completed/false': 0,
      'daily//FAILED/Failed/false': 0,
      'daily//CRASHED/Crashed/false': 0,
      'daily//CANCELLED/Cancelled/false': 0,
    });
    expect(valuesOf(map, retries, ['deployment'])).toEqual({ hourly: 0, daily: 0 });
  });

  test('makes what runs of the deployment are then counted under', () => {
    const tagLabels = () => ({ team: 'data' });
    const own = theSettings({ zeroFill: true, trigger: true, tagLabels });
    const ledger = startedLedger(own);
    const [at1, at2] = [startMs + minuteMs, startMs + 2 * minuteMs];
    foldAt(ledger, at1, { deployments: [hourly] }, own);
    const before = [...ledger.sources.finishedRuns.series.keys()];
    foldAt(ledger, at2, { runs: [aFinish(at2 - 1, { state_type: 'FAILED', state_name: 'Failed' })] }, own);
    expect([...ledger.sources.finishedRuns.series.keys()]).toEqual(before);
  });

  test.each([
    [{}, 'schedule'],
    [{ paused: true }, 'manual'],
    [{ schedules: [{ active: false }] }, 'manual'],
    [{ schedules: [] }, 'manual'],
  ])('expects of a deployment with %j the trigger %s', (fields, trigger) => {
    const map = filled({ trigger: true }, [aDeployment('etl', 'hourly', fields)]);
    expect(Object.keys(valuesOf(map, finished, ['trigger']))).toEqual([trigger]);
  });

  test('leaves out what is off, filtered out or not wanted, and changes no count', () => {
    expect(filled({ zeroFill: false }).size).toBe(0);
    expect(filled({ selection: { ...settings.selection, flow: () => false } }).size).toBe(0);
    expect(filled({ wants: (name) => name === retries }).size).toBe(1);
    const map = filled();
    for (const series of map.values()) series.value = 3;
    zeroFill(placeIn(map, startMs + minuteMs), [hourly], settings);
    expect([...map.values()].map(({ value, changedMs }) => [value, changedMs])).toEqual(
      Array.from({ length: 5 }, () => [3, startMs]),
    );
  });
});
