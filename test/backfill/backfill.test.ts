import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FlowRunRecord } from '../../doubles/prefect/records.ts';
import { BackfillError } from '../../lib/backfill/error.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { decodeLedger } from '../../lib/ledger/document.ts';
import { ledgerFaults } from '../../lib/ledger/faults.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import { StoreError } from '../../lib/stores/store.ts';
import { inject, startTestReceiver } from '../tick/scene.ts';
import {
  type BackfillScene,
  backfilledValues,
  minute,
  openBackfillScene,
  ten,
  type Values,
} from './scene.ts';

let scene: BackfillScene;

beforeEach(async () => {
  scene = await openBackfillScene();
});

/** The values of the one series with these labels. */
function series(values: Values, name: string, labels: Readonly<Record<string, string>>) {
  const wanted = Object.entries({ __name__: name, ...labels });
  const found = Object.entries(values).filter(([key]) => {
    const own = JSON.parse(key);
    return wanted.every(([label, value]) => (own[label] ?? '') === value);
  });
  if (found.length !== 1) throw new Error(`${found.length} series`);
  return found[0]?.[1];
}

const completed = { flow: 'etl', deployment: 'nightly', state_type: 'COMPLETED' };

async function storedLedger() {
  const document = await scene.ledger.load(deadlineIn(1_000, scene.clock));
  const table = createSeriesTable();
  return (
    document && decodeLedger(document.body, (family, names, values) => table.intern(names, values, family))
  );
}

/** Runs that end, start and fail over some minutes. */
function someRuns(): void {
  for (const minutes of [0.5, 1.2, 1.7, 4.1, 7]) scene.finish(minutes, { seconds: 20 });
  scene.finish(2.5, { type: 'FAILED', seconds: 100 });
  // Starts at minute 1, 40 s late, and ends at minute 6.
  scene.finish(6, { seconds: 300, delaySeconds: 40, flow: 'ml' });
  scene.finish(5.5, { type: 'CRASHED', flow: 'ml' });
}

describe('a backfill', () => {
  test('writes what the exporter would have written, minute by minute', async () => {
    someRuns();
    const live = scene.exporter();
    // As ticks in time would: what had not ended yet was open.
    const rows = [...scene.workspace.runs.values()].map((run) => ({ run, ...run }));
    for (let minutes = 0; minutes <= 8; minutes += 1) {
      showAt(rows, (ten + minutes * minute) * 1000);
      await scene.tickAt(live, minutes);
    }
    const expected = backfilledValues(scene.receiver);
    await scene.ledger.remove(deadlineIn(1_000, scene.clock));

    scene.setTime(9.5);
    const receiver = await startTestReceiver();
    const report = await scene.backfill({ since: 0 }, { receiver });
    expect(report).toMatchObject({ outcome: 'done', ticks: 9, ticksInAll: 9, runs: 8, ledger: 'left' });
    expect(Object.keys(expected).length).toBeGreaterThan(50);
    expect(backfilledValues(receiver)).toEqual(expected);
    expect(series(expected, 'prefect_flow_run_start_delay_seconds_bucket', { le: '30.0' })).toMatchObject({
      1: 3,
      8: 7,
    });
  });

  test('hands over to the exporter: nothing is counted twice or lost at the seam', async () => {
    someRuns();
    const open = scene.start(6.5, 10);
    scene.setTime(8.1);
    await scene.backfill({ since: 0 });
    const left = await storedLedger();
    expect(left).toMatchObject({ createdMs: ten, lastTickMs: ten + 7 * minute });
    expect(left?.startedRuns.has(open)).toBe(true);
    expect(left && ledgerFaults(left, scene.clock.now())).toEqual([]);

    // Became visible late, in the overlap; after the seam; and between the backfill and the tick.
    scene.finish(6.9);
    scene.finish(7.3);
    scene.finish(8.5, { type: 'FAILED' });
    await scene.tickAt(scene.exporter(), 9);
    await scene.tickAt(scene.exporter(), 10);
    const values = backfilledValues(scene.receiver);
    expect(series(values, 'prefect_flow_runs_finished_total', completed)).toEqual({
      0: 0,
      1: 1,
      2: 3,
      3: 3,
      4: 3,
      5: 4,
      6: 4,
      7: 5,
      8: 7,
      9: 7,
      10: 7,
    });
    const failed = { ...completed, state_type: 'FAILED' };
    expect(series(values, 'prefect_flow_runs_finished_total', failed)).toMatchObject({ 7: 1, 8: 1, 9: 2 });
    // Eight that ended, one that is open, and three since; each start once.
    expect(series(values, 'prefect_flow_run_start_delay_seconds_count', {})).toMatchObject({ 7: 9, 10: 12 });
    // One zero before the first value, and none at the seam.
    const bucket = { flow: 'etl', deployment: 'nightly', le: '30.0' };
    expect(
      Object.entries(series(values, 'prefect_flow_run_duration_seconds_bucket', bucket) ?? {}).filter(
        ([, value]) => value === 0,
      ),
    ).toHaveLength(1);
  });

  test('fills in zeros for a deployment from when it was made', async () => {
    scene.setTime(6);
    const [first] = scene.workspace.deployments.values();
    if (first === undefined) throw new Error('no deployment');
    Object.assign(first, { createdUs: (ten + 2.5 * minute) * 1000 });
    await scene.backfill({ since: 0 });
    const values = backfilledValues(scene.receiver);
    expect(series(values, 'prefect_flow_runs_finished_total', completed)).toEqual({ 3: 0, 4: 0, 5: 0 });
  });

  test('counts and sends nothing when it is dry', async () => {
    someRuns();
    scene.setTime(8);
    const dry = await scene.backfill({ since: 0, dryRun: true });
    expect(scene.receiver.series()).toEqual([]);
    expect(await storedLedger()).toBeUndefined();
    const wet = await scene.backfill({ since: 0 });
    expect(dry.written).toMatchObject({
      samples: wet.written.samples,
      requests: wet.written.requests,
    });
    expect(dry).toMatchObject({ runs: 8, ledger: 'none' });
  });

  test('takes another interval', async () => {
    someRuns();
    scene.setTime(11);
    await scene.backfill({ since: 0, interval: 300 });
    const values = backfilledValues(scene.receiver);
    expect(series(values, 'prefect_flow_runs_finished_total', completed)).toEqual({ 0: 0, 5: 4 });
  });
});

describe('an interrupted backfill', () => {
  async function interruptAfter(ticks: number): Promise<void> {
    const stop = new AbortController();
    let done = 0;
    const report = await scene.backfill(
      { since: 0, until: 7 },
      {
        signal: stop.signal,
        onProgress: () => {
          done += 1;
          if (done === ticks) stop.abort();
        },
      },
    );
    expect(report).toMatchObject({ outcome: 'interrupted', ticks });
  }

  test('goes on where it ended, and writes the same', async () => {
    someRuns();
    scene.setTime(9);
    const whole = await startTestReceiver();
    const inOneGo = await scene.backfill({ since: 0, until: 7 }, { receiver: whole });
    await scene.ledger.remove(deadlineIn(1_000, scene.clock));

    await interruptAfter(3);
    expect(await storedLedger()).toBeUndefined();
    const report = await scene.backfill('resume');
    expect(report).toMatchObject({ outcome: 'done', ticks: 8, runs: 8, ledger: 'left' });
    expect(report.written.samples).toBe(inOneGo.written.samples);
    expect(backfilledValues(scene.receiver)).toEqual(backfilledValues(whole));
    expect(await scene.state.load(deadlineIn(1_000, scene.clock))).toBeUndefined();
  });

  test('is not begun anew by mistake, and only an interrupted one goes on', async () => {
    scene.setTime(9);
    await expect(scene.backfill('resume')).rejects.toMatchObject({
      problem: { slug: 'backfill-unfinished' },
    });
    await interruptAfter(2);
    await expect(scene.backfill({ since: 0 })).rejects.toMatchObject({
      problem: { slug: 'backfill-unfinished', do: expect.stringContaining('--resume') },
    });
  });

  test('is not begun where a ledger may be that cannot be read', async () => {
    scene.setTime(9);
    const hidden = new StoreError(scene.ledger.place, 'denied', 'not there, or not readable');
    vi.spyOn(scene.ledger, 'doubt').mockReturnValue(hidden);
    await expect(scene.backfill({ since: 0 })).rejects.toBe(hidden);
    expect(scene.receiver.requests).toEqual([]);
  });

  test('keeps its state when the receiver goes away', async () => {
    scene.setTime(90);
    let requests = 0;
    inject(scene.receiver, () => {
      requests += 1;
      return requests === 70 ? { kind: 'status', status: 503 } : undefined;
    });
    await expect(scene.backfill({ since: 0 })).rejects.toThrow(/no final answer/);
    // The state is of the last 60th tick: those behind it are sent again, as the same.
    const report = await scene.backfill('resume');
    expect(report).toMatchObject({ outcome: 'done', ticks: 90 });
    const values = backfilledValues(scene.receiver);
    const zeros = series(values, 'prefect_flow_runs_finished_total', completed) ?? {};
    expect(Object.keys(zeros)).toHaveLength(90);
  });
});

describe('a backfill is refused', () => {
  const problemOf = async (promise: Promise<unknown>) => {
    const error = await promise.catch((reason: unknown) => reason);
    if (!(error instanceof BackfillError)) throw new Error(`no BackfillError but ${String(error)}`);
    return error.problem;
  };

  test('where the ledger has sent values, and ends just before it by default', async () => {
    scene = await openBackfillScene('victoria-metrics');
    scene.finish(3.5);
    await scene.tickAt(scene.exporter(), 5);
    expect(await problemOf(scene.backfill({ since: 0, until: 6 }))).toMatchObject({
      slug: 'backfill-overlap',
      expected: 'at most 2026-11-20T10:04:00.000Z',
    });
    const report = await scene.backfill({ since: 0 });
    expect(report).toMatchObject({ ticks: 5, ledger: 'kept' });
    expect(await storedLedger()).toMatchObject({ createdMs: ten + 5 * minute });
    const values = backfilledValues(scene.receiver);
    expect(series(values, 'prefect_flow_runs_finished_total', completed)).toEqual({
      0: 0,
      1: 0,
      2: 0,
      3: 0,
      4: 1,
      5: 0,
    });
  });

  test('without a whole interval', async () => {
    scene.setTime(5);
    expect(await problemOf(scene.backfill({ since: 4.5 }))).toMatchObject({ slug: 'backfill-period' });
    expect(await problemOf(scene.backfill({ since: 3, until: 2 }))).toMatchObject({
      slug: 'backfill-period',
    });
  });

  test('without a receiver of the right kind', async () => {
    scene.setTime(5);
    const environment = { REMOTE_WRITE_URL: '', PUSHGATEWAY_URL: 'http://127.0.0.1:9' };
    expect(await problemOf(scene.backfill({ since: 0 }, { environment }))).toMatchObject({
      slug: 'backfill-receiver',
      found: 'a Pushgateway, which keeps only what it got last',
    });
  });

  test('by a receiver that takes no old samples, at the first of them', async () => {
    scene.setTime(5);
    inject(scene.receiver, () => ({ kind: 'status', status: 400, body: 'out of bounds' }));
    expect(await problemOf(scene.backfill({ since: 0 }))).toMatchObject({
      slug: 'backfill-refused',
      message: expect.stringContaining('2026-11-20T10:00:00.000Z (too_old)'),
      do: expect.stringMatching(/out_of_order_time_window.*VictoriaMetrics/),
    });
    expect(scene.receiver.requests).toHaveLength(1);
  });
});

interface ShownRun {
  /** Of the workspace; what stands beside it is how it is in the end. */
  readonly run: FlowRunRecord;
  readonly startUs: number | null;
  readonly endUs: number | null;
  readonly state: FlowRunRecord['state'];
}

/** Makes the runs of the double look as they did at an instant. */
function showAt(rows: readonly ShownRun[], atUs: number): void {
  for (const { run, startUs, endUs, state } of rows) {
    const hasEnded = endUs !== null && endUs <= atUs;
    const hasStarted = startUs !== null && startUs <= atUs;
    const open = hasStarted ? { type: 'RUNNING', name: 'Running' } : { type: 'SCHEDULED', name: 'Scheduled' };
    Object.assign(run, {
      endUs: hasEnded ? endUs : null,
      startUs: hasStarted ? startUs : null,
      state: hasEnded ? state : { ...state, ...open },
    });
  }
}
