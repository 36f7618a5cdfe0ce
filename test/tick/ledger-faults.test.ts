import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { addRun, moveRun } from '../../doubles/prefect/additions.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Workspace } from '../../doubles/prefect/workspace.ts';
import { startPushgateway } from '../../doubles/pushgateway/pushgateway.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { Exporter } from '../../lib/exporter.ts';
import { TickError } from '../../lib/report.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Store } from '../../lib/stores/store.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { budgetMs, exporterFor, inject, smallWorkspace, startPrefect, startTestReceiver } from './scene.ts';
import { createTickClock, type TickClock } from './tick-clock.ts';

const minute = 60_000;
/** 10:00:00, where fake clocks start. */
const ten = Date.UTC(2026, 10, 20, 10);

let clock: TickClock;
let outside: FakeClock;
let workspace: Workspace;
let prefect: PrefectDouble;
let receiver: Receiver;
let store: Store;

beforeEach(async () => {
  clock = createTickClock();
  outside = createFakeClock();
  const made = (its: FakeClock): Workspace => {
    workspace = smallWorkspace(its);
    return workspace;
  };
  prefect = await startPrefect(made, { clock: outside });
  onTestFinished(() => prefect.stop());
  receiver = await startTestReceiver({ clock: outside });
  store = createMemoryStore({ clock });
});

/** A new process with the same store. */
const exporter = (environment = {}): Exporter =>
  exporterFor(
    { PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: receiver.writeUrl.href, ...environment },
    clock,
    { store },
  );

/** One tick, a few seconds after its time; what it ends with. @param minutes after ten */
async function tickAt(one: Exporter, minutes: number): Promise<unknown> {
  const nowMs = ten + minutes * minute;
  clock.setNow(nowMs + 2_000);
  outside.setNow(nowMs + 2_000);
  return clock.settle(one.tick(nowMs, deadlineIn(budgetMs, clock)).catch((error: Error) => error));
}

const load = async () => store.load(deadlineIn(budgetMs, clock));

async function replace(body: Uint8Array): Promise<void> {
  await store.save(body, (await load())?.version, deadlineIn(budgetMs, clock));
}

async function changed(change: (document: Record<string, unknown>) => object): Promise<Uint8Array> {
  const text = gunzipSync((await load())?.body ?? new Uint8Array()).toString('utf8');
  return gzipSync(JSON.stringify(change(JSON.parse(text))));
}

describe('a document that cannot be used', () => {
  test.each<[string, () => Promise<Uint8Array>, object]>([
    ['no gzip', async () => new TextEncoder().encode('{}'), { slug: 'ledger-corrupt' }],
    [
      'not whole',
      async () => (await load())?.body.slice(0, -30) ?? new Uint8Array(),
      { slug: 'ledger-corrupt' },
    ],
    ['no ledger', () => changed(({ sources: _, ...rest }) => rest), { slug: 'ledger-corrupt' }],
    [
      'of a series that is none',
      () => changed((document) => ({ ...document, own: [[0, 100_000, 0, 0, 0, 1, 0]] })),
      { slug: 'ledger-corrupt', found: 'there is no text 100000' },
    ],
    [
      'of another version',
      () => changed((document) => ({ ...document, version: 2 })),
      { slug: 'ledger-version', found: 'version 2' },
    ],
    [
      "another receiver's",
      () =>
        changed((document) => ({
          ...document,
          identity: { prefect: prefect.apiUrl, sink: 'https://other/' },
        })),
      { slug: 'ledger-identity', found: expect.stringContaining('https://other/') },
    ],
    [
      'ahead of the clock',
      () => changed((document) => ({ ...document, lastTickMs: ten + 10 * minute })),
      { slug: 'ledger-ahead', found: '2026-11-20T10:10:00.000Z' },
    ],
  ])('(%s) is refused, and neither written over nor kept in memory', async (_, bad, problem) => {
    await tickAt(exporter(), 0);
    const good = (await load())?.body ?? new Uint8Array();
    await replace(await bad());
    const before = await load();
    const sent = receiver.requests.length;
    const one = exporter();
    expect(await tickAt(one, 1)).toMatchObject({
      name: 'TickError',
      report: { outcome: 'failed', problems: expect.arrayContaining([expect.objectContaining(problem)]) },
    });
    expect(await load()).toEqual(before);
    expect(receiver.requests).toHaveLength(sent);
    await replace(good);
    expect(await tickAt(one, 2)).toMatchObject({ ledger: { repairedTicks: 1, waitingTicks: 0 } });
  });

  test('holds no secret, nor anything of the credentials of an address', async () => {
    const secret = 's3cr3t';
    await tickAt(
      exporter({
        REMOTE_WRITE_URL: `${receiver.writeUrl.href}?token=${secret}`,
        REMOTE_WRITE_USERNAME: `user-${secret}`,
        REMOTE_WRITE_PASSWORD: secret,
        PREFECT_API_AUTH_STRING: `admin:${secret}`,
      }),
      0,
    );
    const text = gunzipSync((await load())?.body ?? new Uint8Array()).toString('utf8');
    expect(text).toContain('prefect_flow_runs_finished_total');
    expect(text).not.toContain(secret);
  });
});

describe('a Pushgateway', () => {
  test('gets the values of new series also when every tick is another process', async () => {
    const gateway = await startPushgateway({ clock: outside });
    onTestFinished(() => gateway.stop());
    const environment = { REMOTE_WRITE_URL: '', PUSHGATEWAY_URL: gateway.url.href };
    const completed = () =>
      gateway
        .groups()
        .flatMap(({ families }) => families)
        .filter(({ name }) => name === 'prefect_flow_runs_finished_total')
        .flatMap(({ samples }) => samples)
        .filter(({ labels }) => labels.deployment === 'nightly' && labels.flow === 'etl')
        .filter(({ labels }) => labels.state_type === 'COMPLETED')
        .map(({ value }) => value);
    await tickAt(exporter(environment), 0);
    const values: unknown[] = [completed()];
    for (const minutes of [1, 2, 3]) {
      finish(minutes - 0.5);
      await tickAt(exporter(environment), minutes);
      values.push(completed());
    }
    expect(values).toEqual([[0], [1], [2], [3]]);
  });

  test('shows a new series at 0 first, and its value when that has arrived', async () => {
    const gateway = await startPushgateway({ clock: outside });
    onTestFinished(() => gateway.stop());
    const environment = { REMOTE_WRITE_URL: '', PUSHGATEWAY_URL: gateway.url.href, ZERO_FILL: 'false' };
    const counts = () =>
      gateway
        .groups()
        .flatMap(({ families }) => families)
        .filter(({ name }) => name === 'prefect_flow_run_duration_seconds')
        .flatMap(({ samples }) => samples)
        .filter(({ name }) => name.endsWith('_count'))
        .map(({ value }) => value);
    await tickAt(exporter(environment), 0);
    finish(0.5);
    await tickAt(exporter(environment), 1);
    expect(counts()).toEqual([0]);
    await tickAt(exporter(environment), 2);
    expect(counts()).toEqual([1]);
  });
});

/** A run of the deployment `nightly` of `etl` that completed. @param minutes after ten */
function finish(minutes: number): void {
  const endUs = (ten + minutes * minute) * 1000;
  const deployment = [...workspace.deployments.values()].find(({ name }) => name === 'nightly');
  const flow = workspace.flows.get(deployment?.flowId ?? '');
  if (deployment === undefined || flow === undefined) throw new Error('no deployment');
  const scheduledUs = endUs - 14e6;
  const state = { type: 'SCHEDULED', timestampUs: scheduledUs, scheduledUs } as const;
  const run = addRun(workspace, { flow, deployment, createdUs: scheduledUs, state });
  moveRun(workspace, run, { type: 'RUNNING', timestampUs: endUs - 10e6 });
  moveRun(workspace, run, { type: 'COMPLETED', timestampUs: endUs });
}

describe('a backlog of which a part is answered', () => {
  /** Minutes after ten of the ticks that wait, by the document. */
  async function waitingMinutes(): Promise<number[]> {
    const { entries } = await storedOutbox();
    return entries.map(({ tickMs }) => (tickMs - ten) / minute);
  }

  interface StoredOutbox {
    readonly triedThrough: number;
    readonly entries: readonly { readonly id: number; readonly tickMs: number }[];
  }

  async function storedOutbox(): Promise<StoredOutbox> {
    const text = gunzipSync((await load())?.body ?? new Uint8Array()).toString('utf8');
    return JSON.parse(text).outbox;
  }

  test('is without it for the next process, also when the rest has to wait', async () => {
    const once = () => exporter({ MAX_RETRIES: '0' });
    await tickAt(once(), 0);
    let answers = 0;
    inject(receiver, () => {
      answers -= 1;
      return answers < 0 ? { kind: 'status', status: 503 } : undefined;
    });
    for (const minutes of [1, 2, 3]) await tickAt(once(), minutes);
    expect(await waitingMinutes()).toEqual([0, 1, 2, 3]);
    // Four entries and that of this tick: the zeros of what came after the first take a request of their own.
    answers = 4;
    expect(await tickAt(once(), 4)).toBeInstanceOf(TickError);
    expect((await waitingMinutes())[0]).toBeGreaterThanOrEqual(2);
    answers = Number.POSITIVE_INFINITY;
    await tickAt(once(), 5);
    expect(await waitingMinutes()).toEqual([]);
  });

  test('is written down as it goes: a process that is killed on the way leaves the rest only', async () => {
    const once = () => exporter({ MAX_RETRIES: '0' });
    await tickAt(once(), 0);
    let isAway = true;
    const atWrites: StoredOutbox[] = [];
    inject(receiver, () => (isAway ? { kind: 'status', status: 503 } : undefined));
    for (let minutes = 1; minutes <= 40; minutes += 1) await tickAt(once(), minutes);
    isAway = false;
    const save = store.save.bind(store);
    store.save = async (...saved) => {
      const version = await save(...saved);
      atWrites.push(await storedOutbox());
      return version;
    };
    await tickAt(once(), 41);
    const [, afterFirst, afterMore] = atWrites;
    const lastId = afterMore?.entries.at(-1)?.id;
    expect([afterFirst?.entries.length, afterMore?.entries.length]).toEqual([42 - 1, 42 - 26]);
    // Of what follows, those that may be sent before the next write.
    expect([afterFirst?.triedThrough, afterMore?.triedThrough]).toEqual([
      afterFirst?.entries[24]?.id,
      lastId,
    ]);
    expect(await waitingMinutes()).toEqual([]);
  });
});
