// The report as the command line gives it: text, JSON, exit status.
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../cli/run.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { startPrefectDouble } from '../../doubles/prefect/api.ts';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { checkReport, formatCheck } from '../../lib/doctor/report.ts';
import { createFakeClock } from '../support/clock.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { type Env, withoutPorts } from './examine.ts';

const clock = createFakeClock({ autoAdvance: true });

async function check(env: Env, ...options: string[]): Promise<{ status: number; printed: string }> {
  let printed = '';
  const terminal: Terminal = {
    isTerminal: false,
    print: (text) => {
      printed += `${text}\n`;
    },
    note: () => undefined,
    progress: () => undefined,
    colour: (_, text) => text,
  };
  const surroundings = {
    env: { STORE: 'memory:', ...env },
    clock,
    terminal,
    stopSignal: () => new AbortController().signal,
    readFile: () => '',
  };
  return { status: await run(['check', ...options], surroundings), printed: withoutPorts(printed) };
}

async function bothSides(): Promise<Env> {
  const prefect = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock) });
  const receiver = await startReceiver({ clock });
  onTestFinished(async () => {
    await prefect.stop();
    await receiver.stop();
  });
  return { PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: receiver.writeUrl.href, WORKSPACE: 'prod' };
}

describe('prefect-push-exporter check', () => {
  it('ends with 0 and says what there is', async () => {
    const { status, printed } = await check(await bothSides());
    expect(status).toBe(0);
    expect(
      printed
        .replace(/\d+ (requests|ms)|\d\.\d s/g, 'n $1')
        .trimEnd()
        .split('\n'),
    ).toEqual([
      'configuration  ok       every variable is understood',
      'prefect        ok       self-hosted server 3.9.1, workspace prod',
      '                        2 deployments, 1 flow, 1 work pool, 2 work queues, 1 worker online, 2 open runs',
      '                        n requests in n ',
      'receiver       ok       <host>, remote write 1.0, an empty request was accepted in n ms',
      '                        its clock agrees',
      'store          ok       memory:, new: the first tick makes it',
      '                        it is forgotten when this process ends',
    ]);
  });

  it('ends with 1 where a side refuses, and still describes the other', async () => {
    const env = await bothSides();
    const wrong = { ...env, REMOTE_WRITE_URL: new URL(env.REMOTE_WRITE_URL ?? '').origin };
    const { status, printed } = await check(wrong);
    expect(status).toBe(1);
    expect(printed).toContain('prefect        ok ');
    expect(printed).toContain(
      [
        'receiver       failed',
        '    receiver-url-without-path  http://<host> has no remote-write path. It answers at /api/v1/write (204).',
        '      found     404 page not found',
        '      do        REMOTE_WRITE_URL=http://<host>/api/v1/write',
      ].join('\n'),
    );
  });

  it('ends with 2 where the configuration is wrong, with every problem, and asks nobody', async () => {
    const { status, printed } = await check({
      PREFECT_API_URL: 'https://app.prefect.cloud/account/1f3c/workspace/9a77/dashboard',
      REMOTE_WRITE_URL: 'https://acme.grafana.net',
      REMOTE_WRITE_PASWORD: 'open-sesame',
    });
    expect(status).toBe(2);
    expect([...printed.matchAll(/^ {4}(\S+) {2}/gm)].map(([, slug]) => slug).sort()).toEqual([
      'prefect-url-is-the-web-page',
      'receiver-url-is-grafana',
      'unknown-variable',
    ]);
    expect(printed).toContain(
      'do        PREFECT_API_URL=https://api.prefect.cloud/api/accounts/1f3c/workspaces/9a77',
    );
    expect(printed).toContain('REMOTE_WRITE_PASSWORD');
    expect(printed).not.toContain('sesame');
  });

  it('gives the same as one JSON object', async () => {
    const env = { ...(await bothSides()), INTERVAL_SECONDS: '900' };
    const { status, printed } = await check(env, '--json');
    expect(status).toBe(0);
    const ok = { status: 'ok', facts: expect.arrayContaining([expect.any(String)]), problems: [] };
    const warning = {
      slug: 'interval-long',
      message: expect.any(String),
      found: 'INTERVAL_SECONDS=900',
      expected: 'at most 240',
      do: expect.any(String),
    };
    expect(JSON.parse(printed)).toEqual({
      exitStatus: 0,
      sections: [
        { name: 'configuration', status: 'warning', facts: [], problems: [warning] },
        { name: 'prefect', ...ok },
        { name: 'receiver', ...ok },
        { name: 'store', ...ok },
      ],
    });
  });
});

describe('the exit status', () => {
  const section = (name: 'configuration' | 'prefect', status: 'ok' | 'warning' | 'failed' | 'skipped') => ({
    name,
    status,
    facts: [],
    problems: [],
  });

  it.each([
    [0, section('configuration', 'warning'), section('prefect', 'warning')],
    [0, section('configuration', 'ok'), section('prefect', 'skipped')],
    [1, section('configuration', 'warning'), section('prefect', 'failed')],
    [2, section('configuration', 'failed'), section('prefect', 'failed')],
  ])('is %d', (exitStatus, ...sections) => {
    expect(checkReport(sections).exitStatus).toBe(exitStatus);
  });

  it('marks only the word of the status', () => {
    const text = formatCheck(
      checkReport([section('prefect', 'failed')]),
      (status, word) => `<${status}>${word}`,
    );
    expect(text).toBe('prefect        <failed>failed');
  });
});
