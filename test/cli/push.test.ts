import { beforeEach, describe, expect, test } from 'vitest';
import { push } from '../../cli/push.ts';
import { createTerminal } from '../../cli/terminal.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Store } from '../../lib/stores/store.ts';
import { ledgerIn, replaceLedger } from '../support/stored-ledger.ts';
import { exporterFor, inject, storedInstants } from '../tick/scene.ts';
import { type CommandLine, openCommandLine, ten } from './command-line.ts';
import { type Command, runUntilTicks, type UntilOptions } from './until.ts';

let line: CommandLine;

beforeEach(async () => {
  line = await openCommandLine();
});

/** Every instant the receiver has, seconds after ten. */
const storedSeconds = () => storedInstants(line.receiver).map((timestampMs) => (timestampMs - ten) / 1000);

const jsonLines = () =>
  line
    .stdout()
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));

/** `push` in front of a person, with a store that others may share. `printed` has both streams. */
function processWith(
  store: Store,
  { everySeconds, acknowledgeAtOnce = false }: { everySeconds?: number; acknowledgeAtOnce?: boolean },
) {
  const printed: string[] = [];
  const stream = { isTTY: true, write: (text: string) => void printed.push(text) };
  const exporter = exporterFor(line.environment, line.clock, { store, acknowledgeAtOnce });
  const options = {
    exporterNow: () => Promise.resolve(exporter),
    clock: line.clock,
    terminal: createTerminal(stream, { ...stream, isTTY: false }, { NO_COLOR: '1' }),
    json: false,
    intervalSeconds: 60,
    everySeconds,
    stopSignal: () => line.stop.signal,
  };
  return { printed, pushing: () => push(options) };
}

describe('push', () => {
  test('pushes once and writes one JSON object a line where nobody watches', async () => {
    expect(await line.run(['push'])).toBe(0);
    expect(storedSeconds()).toEqual([0]);
    expect(jsonLines()).toMatchObject([
      {
        level: 'info',
        message: 'tick',
        outcome: 'pushed',
        workspace: 'test',
        instant: '2026-11-20T10:00:00.000Z',
      },
    ]);
    expect(line.stderr()).toBe('');
  });

  test('writes one line for people on a terminal', async () => {
    expect(await line.run(['push'], { isTerminal: true })).toBe(0);
    expect(line.stdout()).toMatch(
      /^tick 2026-11-20T10:00:00Z {2}0\.0 s {2}\d+ requests {2}\d+ series {2}\d+ sent {2}0 dropped {2}ledger committed {2}first tick: counters begin at 0\n$/,
    );
    expect(line.stderr()).toContain('reading Prefect and pushing');
    expect(line.stderr()).toContain('next: look for prefect_exporter_info');
  });

  test('says on a terminal what it made up for, and what waits', async () => {
    const { pushing, printed } = processWith(createMemoryStore(line), { acknowledgeAtOnce: true });
    const pushAt = async (minutes: number) => {
      line.clock.setNow(ten + minutes * 60_000);
      line.outside.setNow(line.clock.now());
      const before = printed.length;
      await line.clock.settle(pushing());
      return printed.slice(before).join('');
    };
    expect(await pushAt(0)).toContain('first tick: counters begin at 0');
    expect(await pushAt(1)).toMatch(/ {2}ledger committed\n/);
    expect(await pushAt(3)).toMatch(/ {2}ledger committed {2}1 missed tick written\n/);
    line.receiver.faults.when(() => ({ kind: 'status', status: 503 }));
    expect(await pushAt(6)).toMatch(/ {2}2 missed ticks written {2}3 ticks wait for the receiver\n/);
    line.receiver.faults.clear();
    expect(await pushAt(6)).toMatch(/only sent [\d ]+ samples that waited: this tick was already done\n/);
    expect(await pushAt(6)).toMatch(/ {2}nothing done: this tick was already done\n/);
    expect(storedSeconds().map((seconds) => seconds / 60)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('writes JSON on a terminal, too, when it is asked to', async () => {
    await line.run(['push', '--json'], { isTerminal: true });
    expect(jsonLines()).toMatchObject([{ outcome: 'pushed' }]);
  });

  test('is well where a part is missing, and says what', async () => {
    line.prefect.fail('/flows/filter', { kind: 'status', status: 403, body: 'no' });
    expect(await line.run(['push'], { isTerminal: true })).toBe(0);
    expect(line.stderr()).toMatch(/^ {2}flows: .*status 403, no$/m);
    expect(line.stderr()).toContain('prefect-failed  Prefect answers 403.');
  });

  test('logs a tick with a missing part as a warning, as the function does', async () => {
    line.prefect.fail('/flows/filter', { kind: 'status', status: 403, body: 'no' });
    expect(await line.run(['push'])).toBe(0);
    expect(jsonLines()).toMatchObject([{ level: 'warn', message: 'tick', outcome: 'partial' }]);
  });

  test('ends with 1 when the receiver is down, and says why, in words and in JSON', async () => {
    line.receiver.faults.when(() => ({ kind: 'status', status: 503, body: 'overloaded' }));
    expect(await line.run(['push'], { isTerminal: true })).toBe(1);
    expect(line.stderr()).toContain('status 503, overloaded');
    expect(line.stderr()).toContain('receiver-failed');
    expect(await line.run(['push', '--json'])).toBe(1);
    expect(JSON.parse(line.stdout().trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      level: 'error',
      message: 'tick failed',
      outcome: 'failed',
    });
  });

  test('ends with 2 when the configuration is wrong, with all that is wrong, and asks nobody', async () => {
    const environment = { MAX_RETRIES: 'x', REMOTE_WRITE_URL: undefined, WORKSPCE: 'y' };
    expect(await line.run(['push'], { environment })).toBe(2);
    for (const text of ['MAX_RETRIES', 'REMOTE_WRITE_URL', 'sink-choice'])
      expect(line.stderr()).toContain(text);
    expect(line.stdout()).toBe('');
    expect(line.prefect.requests()).toEqual([]);
  });

  test('tells warnings of the configuration', async () => {
    expect(await line.run(['push'], { environment: { PUSHGATEWAY_JOB: 'unused' } })).toBe(0);
    expect(line.stderr()).toContain('PUSHGATEWAY_JOB: no effect');
  });

  test('has a deadline', async () => {
    const plan = inject(line.receiver, () => ({ kind: 'hang' }));
    expect(await line.run(['push'], { hung: plan.hung })).toBe(1);
    expect(line.clock.now() - ten).toBeLessThanOrEqual(55_000);
  });
});

describe('push --every', () => {
  const runUntil = (ticks: number, command: Command, options?: UntilOptions) =>
    runUntilTicks(line, ticks, command, options);

  test('ticks at once and then at each multiple of the interval', async () => {
    line.clock.setNow(ten + 12_500);
    line.outside.setNow(ten + 12_500);
    expect(await runUntil(3, ['push', '--every', '15s'])).toBe(0);
    expect(storedSeconds()).toEqual([0, 15, 30]);
    expect(jsonLines().map(({ outcome }) => outcome)).toEqual(['pushed', 'pushed', 'pushed']);
  });

  test('tells the interval it really has, whatever INTERVAL_SECONDS says', async () => {
    await runUntil(1, ['push', '--every', '15s']);
    const interval = line.receiver
      .series()
      .find(({ labels }) => labels.__name__ === 'prefect_exporter_tick_interval_seconds');
    expect(interval?.samples[0]?.value).toBe(15);
  });

  test('goes on after a tick that failed', async () => {
    const { faults } = line.receiver;
    for (let attempt = 0; attempt < 4; attempt += 1) faults.next(1, { kind: 'status', status: 503 });
    expect(await runUntil(2, ['push', '--every', '60s'])).toBe(0);
    expect(jsonLines().map(({ outcome }) => outcome)).toEqual(['failed', 'pushed']);
    expect(jsonLines().map(({ ledger }) => ledger.waitingTicks)).toEqual([1, 0]);
    expect(storedSeconds()).toEqual([0, 60]);
  });

  test('a tick that hangs ends before the next one is due', async () => {
    let requests = 0;
    const plan = inject(line.receiver, () => {
      requests += 1;
      return requests === 1 ? { kind: 'hang' } : undefined;
    });
    expect(await runUntil(2, ['push', '--every', '5s'], plan)).toBe(0);
    expect(jsonLines().map(({ instant }) => instant.slice(14, 19))).toEqual(['00:00', '00:05']);
  });

  test('asked to stop while a tick runs, finishes it', async () => {
    const plan = inject(line.receiver, () => {
      line.stop.abort();
      return undefined;
    });
    expect(await line.run(['push', '--every', '60s'], plan)).toBe(0);
    expect(storedSeconds()).toEqual([0]);
    expect(jsonLines()).toHaveLength(1);
    expect(line.clock.slept).toEqual([]);
  });

  test('asked to stop while it waits, ends at once', async () => {
    const before = line.clock.now();
    expect(await runUntil(1, ['push', '--every', '1h'])).toBe(0);
    expect(line.clock.now()).toBe(before);
  });

  test('leaves to the next tick what the receiver answered, and writes it down when there is none', async () => {
    const store = createMemoryStore(line);
    const { pushing, printed } = processWith(store, { everySeconds: 60 });
    let outbox: Ledger['outbox'] | undefined;
    const whileItWaits = async () => {
      outbox = (await ledgerIn(store, line.clock))?.outbox;
    };
    expect(await runUntil(2, pushing, { whileItWaits })).toBe(0);
    expect(outbox).toMatchObject({ entries: [{ tickMs: ten + 60_000 }], acknowledgedThrough: 1 });
    expect((await ledgerIn(store, line.clock))?.outbox).toMatchObject({
      entries: [],
      acknowledgedThrough: 2,
    });
    expect(printed.join('')).not.toContain('sent once more');
  });

  test('says so when it cannot write it down any more', async () => {
    const store = createMemoryStore(line);
    const { pushing, printed } = processWith(store, { everySeconds: 60 });
    const whileItWaits = () => replaceLedger(store, line.clock, Buffer.from('of somebody else'));
    expect(await runUntil(1, pushing, { whileItWaits })).toBe(0);
    expect(printed.at(-1)).toMatch(
      /^The last tick arrived, and will be sent once more at the next start: .*somebody else wrote/,
    );
  });

  test('asked to stop before it began, does nothing', async () => {
    line.stop.abort();
    expect(await line.run(['push', '--every', '60s'])).toBe(0);
    expect(line.prefect.requests()).toEqual([]);
  });
});
