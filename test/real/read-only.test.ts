import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import { changeRows } from '../support/real/change-rows.ts';
import {
  type GuardedPrefect,
  guardedAuthString,
  startGuardedPrefect,
} from '../support/real/guarded-prefect.ts';
import { everything } from '../support/real/make-exporter.ts';
import { requireServer } from '../support/real/require-server.ts';
import { makeSmallWorkload } from '../support/small-workload.ts';
import { workloadWriter } from '../support/workload.ts';

const prefect3 = await requireServer('prefect-3');

/** Every row of every table, as text; tables by name. */
async function dump({ sql }: GuardedPrefect): Promise<Record<string, string[]>> {
  const tables = await sql(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`);
  const dumped: [string, string[]][] = [];
  for (const { name } of tables) {
    const rows = await sql(`SELECT * FROM "${String(name)}"`);
    dumped.push([String(name), rows.map((row) => JSON.stringify(row)).sort()]);
  }
  return Object.fromEntries(dumped);
}

describe.skipIf(prefect3.missing)('reading leaves nothing behind', () => {
  let prefect: GuardedPrefect;

  beforeAll(async () => {
    prefect = await startGuardedPrefect(prefect3);
    await makeSmallWorkload(workloadWriter(prefect.requests), { nowMs: systemClock.now(), major: 3 });
    // Half of everything has been polled, so that both a new poll and a lost one would be seen.
    changeRows(prefect.databasePath, [
      [
        `UPDATE work_queue SET last_polled = '2026-01-01 00:00:00.000001', status = 'READY' WHERE name = 'high'`,
      ],
      [
        `UPDATE deployment SET last_polled = '2026-01-01 00:00:00.000001', status = 'READY' WHERE name = 'train'`,
      ],
    ]);
  });
  afterAll(() => prefect?.stop());

  async function command(receiverUrl: URL, ...args: string[]): Promise<{ status: number; output: string }> {
    const lines: string[] = [];
    const keep = (line: string) => void lines.push(line);
    const terminal = {
      isTerminal: false,
      print: keep,
      note: keep,
      progress: () => {},
      colour: (_: string, text: string) => text,
    };
    const status = await run(args, {
      env: {
        PREFECT_API_URL: prefect.apiUrl,
        PREFECT_API_AUTH_STRING: guardedAuthString,
        REMOTE_WRITE_URL: String(receiverUrl),
        STORE: 'memory:',
        ...everything,
      },
      clock: systemClock,
      terminal,
      stopSignal: () => new AbortController().signal,
      readFile: () => '',
    });
    return { status, output: lines.join('\n') };
  }

  test('push, preview and check change no row but those of CSRF tokens', async () => {
    const receiver = await startReceiver();
    try {
      const { csrf_token: tokensBefore, ...before } = await dump(prefect);
      for (const args of [['push', '--json'], ['preview'], ['preview', '--series'], ['check']]) {
        const { status, output } = await command(receiver.writeUrl, ...args);
        expect(status, output).toBe(0);
      }
      const { csrf_token: tokensAfter, ...after } = await dump(prefect);
      expect(after).toEqual(before);
      // They were asked for, and more than the flows were read.
      expect(tokensAfter?.length).toBeGreaterThan(tokensBefore?.length ?? 0);
      const names = new Set(receiver.series().map(({ labels }) => labels.__name__));
      for (const family of [
        'prefect_flow_runs_total',
        'prefect_work_queue_healthy',
        'prefect_flow_runs_open',
      ]) {
        expect(names).toContain(family);
      }
    } finally {
      await receiver.stop();
    }
  });

  test('a request that marks queues as polled would be seen', async () => {
    const before = await dump(prefect);
    await prefect.requests.post('/work_pools/k8s/get_scheduled_flow_runs', {});
    const changed = async () => (await dump(prefect)).work_queue;
    await expect.poll(changed, { timeout: 10_000 }).not.toEqual(before.work_queue);
  });
});
