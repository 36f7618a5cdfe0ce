import { beforeEach, describe, expect, test } from 'vitest';
import { parseArguments, parseTime, UsageError } from '../../cli/arguments.ts';
import { backfillCommand } from '../../cli/backfill.ts';
import { progressLine } from '../../cli/backfill-progress.ts';
import { createTerminal } from '../../cli/terminal.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { type BackfillScene, openBackfillScene, ten } from '../backfill/scene.ts';
import { inject } from '../tick/scene.ts';

let scene: BackfillScene;

beforeEach(async () => {
  scene = await openBackfillScene();
});

async function command(args: readonly string[], stop = new AbortController()) {
  const printed = { out: '', err: '' };
  const stream = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const { command: parsed } = parseArguments(['backfill', ...args]);
  if (parsed.name !== 'backfill') throw new Error(parsed.name);
  const { config } = parseConfig(
    { ...scene.environment, STORE: 'file:./unused' },
    { readFile: () => '', collectors: allCollectors, sink: 'optional', where: 'command-line' },
  );
  const options = {
    config,
    clock: scene.clock,
    terminal: createTerminal(stream('out'), stream('err'), {}),
    stopSignal: () => stop.signal,
    stores: { ledger: scene.ledger, state: scene.state },
  };
  const status = await scene.clock.settle(backfillCommand(options, parsed));
  return { status, ...printed };
}

describe('backfill', () => {
  test('says what it wrote and what becomes of the ledger', async () => {
    scene.finish(1.5);
    scene.setTime(10);
    const { status, out, err } = await command(['--since', '10m']);
    expect(status).toBe(0);
    expect(err).toBe('');
    expect(out).toMatch(/^period +2026-11-20T10:00:00.000Z to 2026-11-20T10:09:00.000Z$/m);
    expect(out).toMatch(/^ticks +10 of 10, 60 s apart$/m);
    expect(out).toMatch(/^runs +1$/m);
    expect(out).toContain('the next tick adds to these counters');
    expect(scene.receiver.series().length).toBeGreaterThan(0);
  });

  test('says what it would write', async () => {
    scene.setTime(10);
    const { status, out } = await command(['--since', '2026-11-20T10:00:00Z', '--dry-run']);
    expect(status).toBe(0);
    expect(out).toMatch(/^time +0 s to read; about 1 s to send$/m);
    expect(out).toMatch(/nothing was sent\n$/);
    expect(scene.receiver.requests).toHaveLength(0);
  });

  test('asked to stop, says how to go on, and goes on', async () => {
    scene.setTime(10);
    const stop = new AbortController();
    inject(scene.receiver, () => {
      stop.abort();
      return undefined;
    });
    const first = await command(['--since', '10m'], stop);
    expect(first).toMatchObject({ status: 1, err: 'go on with: prefect-push-exporter backfill --resume\n' });
    expect(first.out).toMatch(/^ticks +1 of 10/m);
    expect(await command(['--resume'])).toMatchObject({ status: 0 });
  });

  test('explains what goes wrong on the way, and how to go on', async () => {
    scene.setTime(10);
    let requests = 0;
    inject(scene.receiver, () => {
      requests += 1;
      return requests > 3 ? { kind: 'status', status: 401, body: 'who are you' } : undefined;
    });
    const { status, err } = await command(['--since', '10m']);
    expect(status).toBe(1);
    expect(err).toContain('receiver-token-refused');
    expect(err).toContain('Written up to 2026-11-20T10:02:00.000Z; go on with');
    scene.receiver.faults.when(() => undefined);
    expect(await command(['--resume'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^ticks +10 of 10/m),
    });
  });

  test('where the first sample is refused, the same command begins', async () => {
    scene.setTime(10);
    let refuses = true;
    inject(scene.receiver, () =>
      refuses ? { kind: 'status', status: 400, body: 'out of bounds' } : undefined,
    );
    expect(await command(['--since', '10m'])).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^backfill-refused(?!.*resume\n$)/s),
    });
    refuses = false;
    expect(await command(['--since', '10m'])).toMatchObject({ status: 0 });
  });

  test('ends with 2 where it cannot begin', async () => {
    scene.setTime(10);
    expect(await command(['--since', '10s'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^backfill-period/),
    });
    await expect(command(['--since', '1d', '--interval', '10m'])).rejects.toThrow(UsageError);
  });

  test('explains a Prefect that does not answer', async () => {
    scene.setTime(10);
    scene.prefect.fail('/flow_runs/count', { kind: 'status', status: 401, body: 'no' });
    scene.prefect.fail('/flow_runs/filter', { kind: 'status', status: 401, body: 'no' });
    expect(await command(['--since', '10m'])).toMatchObject({
      status: 1,
      err: expect.stringContaining('prefect-'),
    });
  });
});

test('the line of progress', () => {
  const written = { samples: 1_234_567, requests: 1, bytes: 1 };
  const progress = { tickMs: ten, ticks: 50, ticksInAll: 200, runs: 10, runsInAll: 40, written };
  expect(progressLine(progress, 60_000, 0)).toBe(
    '25.0 %  2026-11-20 10:00  10 of 40 runs  1 234 567 samples  3 min left',
  );
  expect(progressLine({ ...progress, runsInAll: undefined }, 60_000, 49)).toContain('10 runs  1 234');
});

describe('parseTime', () => {
  test.each([
    ['7d', { agoMs: 604_800_000 }],
    ['90m', { agoMs: 5_400_000 }],
    ['2026-11-20T10:00:00Z', { atMs: ten }],
    ['2026-11-20T11:00:00+01:00', { atMs: ten }],
  ])('%s', (text, expected) => expect(parseTime(text, '--since')).toEqual(expected));

  test.each(['', '7', '7w', 'yesterday', '2026-11-20', '2026-11-20T10:00:00', '2026-13-20T10:00:00Z'])(
    '%j is none',
    (text) => expect(() => parseTime(text, '--since')).toThrow(/^--since: found/),
  );
});
