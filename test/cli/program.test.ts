import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type PrefectDouble, startPrefectDouble } from '../../doubles/prefect/api.ts';
import { createWorkspace } from '../../doubles/prefect/workspace.ts';
import { parseText } from '../../doubles/pushgateway/text-format.ts';
import { type Receiver, startReceiver } from '../../doubles/receiver/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import type { Store } from '../../lib/stores/store.ts';
import { version } from '../../lib/version.ts';
import { temporaryFolder } from '../stores/folder.ts';
import { ledgerIn } from '../support/stored-ledger.ts';
import { startProgram } from './program.ts';

let prefect: PrefectDouble;
let receiver: Receiver;
let environment: Record<string, string>;
let store: Store;

beforeEach(async () => {
  prefect = await startPrefectDouble({
    workspace: createWorkspace({ clock: systemClock }),
    clock: systemClock,
  });
  receiver = await startReceiver();
  onTestFinished(async () => {
    await prefect.stop();
    await receiver.stop();
  });
  const path = `${await temporaryFolder()}/ledger.json.gz`;
  store = createFileStore({ path, clock: systemClock });
  environment = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    STORE: `file:${path}`,
  };
});

describe('the program', () => {
  test('says its version, and refuses a command it does not know', async () => {
    const [good, bad] = [startProgram(['--version'], {}), startProgram(['pusch'], {})];
    expect(await good.ended).toBe(0);
    expect(good.stdout()).toBe(`${version}\n`);
    expect(await bad.ended).toBe(2);
    expect(bad.stderr()).toContain('Unknown command "pusch"');
  });

  test('pushes once', async () => {
    const program = startProgram(['push'], environment);
    expect(await program.ended).toBe(0);
    expect(JSON.parse(program.stdout())).toMatchObject({ message: 'tick', outcome: 'pushed' });
    expect(receiver.series().length).toBeGreaterThan(30);
    expect(receiver.violations).toEqual([]);
  });

  test('keeps the ledger for the next process, with what the receiver answered', async () => {
    expect(await startProgram(['push'], environment).ended).toBe(0);
    expect((await ledgerIn(store, systemClock))?.outbox).toMatchObject({
      entries: [],
      acknowledgedThrough: 1,
    });
    const { createdMs } = (await ledgerIn(store, systemClock)) ?? {};
    const again = startProgram(['push'], environment);
    expect(await again.ended).toBe(0);
    // It may be the next minute by now.
    expect(again.stdout()).toMatch(/"outcome":"(?:skipped|pushed)"/);
    expect(await ledgerIn(store, systemClock)).toMatchObject({ createdMs, outbox: { entries: [] } });
  });

  test('previews to a pipe', async () => {
    const program = startProgram(['preview'], environment);
    expect(await program.ended).toBe(0);
    expect(await ledgerIn(store, systemClock)).toBeUndefined();
    expect(parseText(program.stdout()).map(({ name }) => name)).toContain('prefect_up');
  });

  test('ends with 1 when the receiver is down and with 2 when the configuration is wrong', async () => {
    await receiver.stop();
    const failing = startProgram(['push'], { ...environment, MAX_RETRIES: '0' });
    const wrong = startProgram(['push'], {});
    expect(await failing.ended).toBe(1);
    expect(failing.stdout()).toContain('receiver-unreachable');
    expect(await wrong.ended).toBe(2);
    expect(wrong.stderr()).toContain('PREFECT_API_URL');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('goes on until %s, and ends well', async (signal) => {
    const program = startProgram(['push', '--every', '4m'], environment);
    await program.says('"outcome":"pushed"');
    program.signal(signal);
    expect(await program.ended).toBe(0);
    expect(program.stderr()).toBe('');
    expect((await ledgerIn(store, systemClock))?.outbox).toMatchObject({
      entries: [],
      acknowledgedThrough: 1,
    });
  });

  test('--env-file is ours, although Node has one as well', async () => {
    const program = startProgram(['check', '--env-file', '/none'], environment);
    expect(await program.ended).toBe(2);
    expect(program.stderr()).toContain('--env-file: /none cannot be read (ENOENT).');
  });

  test('a command that does its work once ends at once when it is interrupted', async () => {
    const asked = Promise.withResolvers<void>();
    const silent = await startPrefectDouble({
      workspace: createWorkspace({ clock: systemClock }),
      clock: systemClock,
      beforeAnswer: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    onTestFinished(() => silent.stop());
    const program = startProgram(['preview'], { ...environment, PREFECT_API_URL: silent.apiUrl });
    await asked.promise;
    program.signal('SIGINT');
    expect(await program.ended).toBe(130);
  });

  test('finishes the tick that runs when it is asked to stop', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked = Promise.withResolvers<void>();
    const slow = await startPrefectDouble({
      workspace: createWorkspace({ clock: systemClock }),
      clock: systemClock,
      beforeAnswer: () => {
        asked.resolve();
        return held;
      },
    });
    onTestFinished(() => slow.stop());
    const program = startProgram(['push', '--every', '4m'], { ...environment, PREFECT_API_URL: slow.apiUrl });
    await asked.promise;
    program.signal('SIGTERM');
    release();
    expect(await program.ended).toBe(0);
    expect(program.stdout()).toContain('"outcome":"pushed"');
  });
});
