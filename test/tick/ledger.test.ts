import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, moveRun } from '../../doubles/prefect/additions.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Workspace } from '../../doubles/prefect/workspace.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { Exporter } from '../../lib/exporter.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Store } from '../../lib/stores/store.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { budgetMs, exporterFor, inject, smallWorkspace, startPrefect, startTestReceiver } from './scene.ts';
import { createTickClock, type TickClock } from './tick-clock.ts';

const minute = 60_000;
/** 10:00:00, where fake clocks start. */
const ten = Date.UTC(2026, 10, 20, 10);

/** Of the machine of the exporter. */
let clock: TickClock;
/** Of Prefect and of the receiver. */
let outside: FakeClock;
let workspace: Workspace;
let prefect: PrefectDouble;
let receiver: Receiver;
let store: Store;

beforeEach(async () => {
  clock = createTickClock();
  outside = createFakeClock();
  prefect = await startPrefect(
    (its) => {
      workspace = smallWorkspace(its);
      return workspace;
    },
    { clock: outside },
  );
  receiver = await startTestReceiver({ clock: outside });
  store = createMemoryStore({ clock });
});

afterEach(() => prefect.stop());

const exporter = (environment = {}): Exporter =>
  exporterFor(
    { PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: receiver.writeUrl.href, ...environment },
    clock,
    { store },
  );

/** One tick, a few seconds after its time. @param minutes after ten */
async function tickAt(one: Exporter, minutes: number) {
  const nowMs = ten + minutes * minute;
  setTime(nowMs + 2_000);
  return clock.settle(one.tick(nowMs, deadlineIn(budgetMs, clock)).catch((error: Error) => error));
}

function setTime(nowMs: number): void {
  clock.setNow(nowMs);
  outside.setNow(nowMs);
}

/** A run of the deployment `nightly` of `etl` that ran for a while and ended. @param minutes after ten */
function finish(minutes: number, type: 'COMPLETED' | 'FAILED' = 'COMPLETED', seconds = 10) {
  const endUs = (ten + minutes * minute) * 1000;
  const deployment = [...workspace.deployments.values()].find(({ name }) => name === 'nightly');
  const flow = workspace.flows.get(deployment?.flowId ?? '');
  if (deployment === undefined || flow === undefined) throw new Error('no deployment');
  const scheduledUs = endUs - seconds * 1e6 - 4e6;
  const run = addRun(workspace, {
    flow,
    deployment,
    createdUs: scheduledUs,
    state: { type: 'SCHEDULED', timestampUs: scheduledUs, scheduledUs },
  });
  moveRun(workspace, run, { type: 'RUNNING', timestampUs: endUs - seconds * 1e6 });
  moveRun(workspace, run, { type, timestampUs: endUs });
  return run;
}

/** Minute after ten to value, of the one series with these labels. */
function series(name: string, labels: Readonly<Record<string, string>>): Record<string, number | string> {
  const found = receiver
    .series()
    .filter((one) => one.labels.__name__ === name)
    .filter((one) => Object.entries(labels).every(([label, value]) => (one.labels[label] ?? '') === value));
  if (found.length > 1) throw new Error(`${found.length} series`);
  return Object.fromEntries(
    (found[0]?.samples ?? []).map(({ timestampMs, value, stale }) => [
      (timestampMs - ten) / minute,
      stale ? 'stale' : value,
    ]),
  );
}

const completed = { flow: 'etl', deployment: 'nightly', state_type: 'COMPLETED' };

describe('the ledger in a tick', () => {
  test('counts each end once, at the first tick at or after it', async () => {
    const one = exporter();
    expect(await tickAt(one, 0)).toMatchObject({ outcome: 'pushed', ledger: { created: true } });
    finish(0.5);
    finish(1);
    finish(1.2, 'FAILED');
    await tickAt(one, 1);
    await tickAt(one, 2);
    expect(series('prefect_flow_runs_finished_total', completed)).toEqual({ 0: 0, 1: 2, 2: 2 });
    expect(series('prefect_flow_runs_finished_total', { ...completed, state_type: 'FAILED' })).toEqual({
      0: 0,
      1: 0,
      2: 1,
    });
  });

  test('writes missed ticks afterwards, each at its own time', async () => {
    const one = exporter();
    await tickAt(one, 0);
    for (const minutes of [0.5, 1.5, 1.7, 3.5]) finish(minutes);
    expect(await tickAt(one, 4)).toMatchObject({ ledger: { repairedTicks: 3 } });
    expect(series('prefect_flow_runs_finished_total', completed)).toEqual({ 0: 0, 1: 1, 2: 3, 3: 3, 4: 4 });
  });

  test('sends what a receiver missed when it is back', async () => {
    const one = exporter({ MAX_RETRIES: '0' });
    await tickAt(one, 0);
    let down = true;
    inject(receiver, () => (down ? { kind: 'status', status: 503 } : undefined));
    for (const minutes of [1, 2, 3]) {
      finish(minutes - 0.5);
      await tickAt(one, minutes);
    }
    down = false;
    finish(3.5);
    expect(await tickAt(one, 4)).toMatchObject({ ledger: { waitingTicks: 0 } });
    expect(series('prefect_flow_runs_finished_total', completed)).toEqual({ 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 });
  });

  test('gives a new series a zero before its first value', async () => {
    const one = exporter();
    await tickAt(one, 0);
    finish(0.5, 'COMPLETED', 20);
    await tickAt(one, 1);
    const bucket = { flow: 'etl', deployment: 'nightly', le: '30.0' };
    const zeroAt = (minute - 59_999) / minute - 1 + 1;
    expect(series('prefect_flow_run_duration_seconds_bucket', bucket)).toEqual({
      [(ten + 1 - ten) / minute]: 0,
      1: 1,
    });
    expect(zeroAt).toBeCloseTo(1 / minute);
    expect(series('prefect_flow_run_duration_seconds_sum', { flow: 'etl' })).toMatchObject({ 1: 20 });
  });
});
