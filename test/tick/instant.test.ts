import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { Exporter } from '../../lib/exporter.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Store } from '../../lib/stores/store.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import {
  budgetMs,
  exporterFor,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
  storedInstants,
  tickErrorOf,
} from './scene.ts';
import { createTickClock, type TickClock } from './tick-clock.ts';

const second = 1_000;
const minute = 60 * second;
/** 10:00:00, where fake clocks start. */
const ten = Date.UTC(2026, 10, 20, 10);

/** Of the machine of the exporter. */
let clock: TickClock;
/** Of Prefect and of the receiver. */
let outside: FakeClock;
let prefect: PrefectDouble;
let receiver: Receiver;

beforeEach(async () => {
  clock = createTickClock();
  outside = createFakeClock();
  prefect = await startPrefect(smallWorkspace, { clock: outside });
  receiver = await startTestReceiver({ clock: outside });
});

afterEach(() => prefect.stop());

/** A process. @param store by default it has one of its own */
const exporter = (environment = {}, store?: Store): Exporter =>
  exporterFor(
    { PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: receiver.writeUrl.href, ...environment },
    clock,
    store === undefined ? {} : { store },
  );

const tick = (one: Exporter, scheduledMs: number) =>
  clock.settle(one.tick(scheduledMs, deadlineIn(budgetMs, clock)));

function setTime(nowMs: number): void {
  clock.setNow(nowMs);
  outside.setNow(nowMs);
}

/** Every instant the receiver has, seconds after ten. */
const storedSeconds = () => storedInstants(receiver).map((timestampMs) => (timestampMs - ten) / second);

describe('the instant of a tick', () => {
  test('is the minute of the event, whenever it came', async () => {
    setTime(ten + 42 * second);
    expect(await tick(exporter(), ten + 17 * second)).toMatchObject({ outcome: 'pushed', instantMs: ten });
    expect(storedSeconds()).toEqual([0]);
  });

  test('is a multiple of the interval where that is less than a minute', async () => {
    const one = exporter({ INTERVAL_SECONDS: '15' });
    for (const seconds of [0, 16, 30.4, 59]) {
      setTime(ten + seconds * second);
      await tick(one, clock.now());
    }
    expect(storedSeconds()).toEqual([0, 15, 30, 45]);
  });

  test('is the minute where the interval is five', async () => {
    const one = exporter({ INTERVAL_SECONDS: '300' });
    for (const minutes of [2, 7, 12]) {
      setTime(ten + minutes * minute + 3 * second);
      await tick(one, ten + minutes * minute);
    }
    expect(storedSeconds()).toEqual([120, 420, 720]);
  });
});

describe('an event that comes more than an interval late', () => {
  test.each([
    [60, 61, 'skipped'],
    [60, 60, 'pushed'],
    [300, 301, 'skipped'],
    [300, 299, 'pushed'],
    [15, 16, 'skipped'],
  ])('with an interval of %i s, %i s late: %s', async (interval, lateSeconds, outcome) => {
    setTime(ten + lateSeconds * second);
    const report = await tick(exporter({ INTERVAL_SECONDS: String(interval) }), ten);
    expect(report.outcome).toBe(outcome);
    expect(prefect.requests().length > 0).toBe(outcome === 'pushed');
    expect(storedSeconds()).toEqual(outcome === 'pushed' ? [0] : []);
    expect(report.skip).toEqual(
      outcome === 'pushed' ? undefined : { reason: 'late', lateMs: lateSeconds * second },
    );
  });
});

describe('a clock ahead of Prefect', () => {
  test.each([
    [60, 'pushed'],
    [120, 'skipped'],
  ])('by %i s: %s', async (aheadSeconds, outcome) => {
    clock.setNow(ten + aheadSeconds * second);
    const report = await tick(exporter(), clock.now());
    expect(report.outcome).toBe(outcome);
    expect(receiver.requests.length > 0).toBe(outcome === 'pushed');
    if (outcome === 'skipped') expect(report.skip).toEqual({ reason: 'ahead', aheadMs: 120 * second });
  });

  test('is nothing that is done: the right time pushes', async () => {
    const one = exporter();
    clock.setNow(ten + 5 * minute);
    await tick(one, clock.now());
    clock.setNow(ten);
    expect(await tick(one, ten)).toMatchObject({ outcome: 'pushed' });
    expect(storedSeconds()).toEqual([0]);
  });
});

describe('an event that comes twice', () => {
  const alreadyDone = { outcome: 'skipped', skip: { reason: 'already-done' }, push: { requests: 0 } };
  const asked = () => [prefect.requests().length, receiver.requests.length];

  test('is not done again', async () => {
    const one = exporter();
    await tick(one, ten);
    const before = asked();
    expect(await tick(one, ten)).toMatchObject(alreadyDone);
    expect(await tick(one, ten + 59 * second)).toMatchObject(alreadyDone);
    expect(asked()).toEqual(before);
  });

  test('is not done again by another process either: it sends what it does not know to be answered', async () => {
    const store = createMemoryStore({ clock });
    await tick(exporter({}, store), ten);
    const [fromPrefect] = asked();
    const stored = receiver.series();
    const other = exporter({}, store);
    const sending = { outcome: 'skipped', skip: { reason: 'already-done' } };
    const { push, problems } = await tick(other, ten);
    expect(push.samplesSent).toBeGreaterThan(0);
    // That the receiver refuses the zeros of newborn series, which it has, is no sign of another exporter.
    expect(push).toMatchObject({ samplesDropped: {}, refusals: [] });
    expect(problems).toEqual([]);
    expect(receiver.series()).toEqual(stored);
    // Now it knows.
    const [, toReceiver] = asked();
    expect(await tick(other, ten)).toMatchObject({ ...sending, push: { requests: 0 } });
    expect(asked()).toEqual([fromPrefect, toReceiver]);
  });

  test('is not done again after a later one', async () => {
    const one = exporter();
    setTime(ten + minute);
    await tick(one, ten + minute);
    expect(await tick(one, ten)).toMatchObject(alreadyDone);
    setTime(ten + 2 * minute);
    expect(await tick(one, ten + 2 * minute)).toMatchObject({ outcome: 'pushed' });
    expect(storedSeconds()).toEqual([60, 120]);
  });

  test('sends what waits when its push failed, without asking Prefect again', async () => {
    const one = exporter({ MAX_RETRIES: '0' });
    receiver.faults.next(1, { kind: 'status', status: 503 });
    const { report } = await tickErrorOf(tick(one, ten));
    expect(report.ledger).toMatchObject({ waitingTicks: 1 });
    expect(storedSeconds()).toEqual([]);
    const [fromPrefect] = asked();
    const again = await tick(one, ten);
    expect(again).toMatchObject({ skip: alreadyDone.skip, ledger: { waitingTicks: 0 } });
    expect(again.push.samplesSent).toBeGreaterThanOrEqual(report.series);
    expect(asked()[0]).toBe(fromPrefect);
    expect(storedSeconds()).toEqual([0]);
    expect(await tick(one, ten)).toMatchObject(alreadyDone);
  });

  test('is done again when it was skipped, and not when a part of it was missing', async () => {
    const one = exporter();
    clock.setNow(ten + 5 * minute);
    expect(await tick(one, ten)).toMatchObject({ outcome: 'skipped' });
    clock.setNow(ten);
    prefect.fail('/flows/filter', { kind: 'status', status: 404 });
    expect(await tick(one, ten)).toMatchObject({ outcome: 'partial' });
    prefect.fail('/flows/filter', undefined);
    // The receiver would refuse the durations as duplicates: another value for the same instant.
    expect(await tick(one, ten)).toMatchObject(alreadyDone);
  });
});
