import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type PrefectDouble,
  type PrefectDoubleOptions,
  startPrefectDouble,
} from '../../doubles/prefect/api.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { findFreePort } from '../support/real/free-port.ts';
import { type Env, examine, problemsOf, sectionOf } from './examine.ts';

let clock: FakeClock;

beforeEach(() => {
  clock = createFakeClock({ autoAdvance: true });
});

async function start(options: Partial<PrefectDoubleOptions> = {}): Promise<PrefectDouble> {
  const double = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock), ...options });
  onTestFinished(double.stop);
  return double;
}

const origin = ({ apiUrl }: PrefectDouble): string => new URL(apiUrl).origin;

/** `do` and the like are part of what is promised: the whole text is compared. */
async function expectProblems(env: Env, exitStatus: number, problems: readonly string[]): Promise<void> {
  const report = await examine(env, clock);
  expect(problemsOf(report)).toEqual(problems);
  expect(report.exitStatus).toBe(exitStatus);
}

describe('a server', () => {
  it('that is right is described by what it has', async () => {
    const double = await start({ csrf: {}, auth: 'admin:secret' });
    const report = await examine(
      { PREFECT_API_URL: `${double.apiUrl}/`, PREFECT_API_AUTH_STRING: 'admin:secret', WORKSPACE: 'prod' },
      clock,
    );
    expect(report.exitStatus).toBe(0);
    expect(sectionOf(report, 'prefect')).toMatchObject({
      status: 'ok',
      problems: [],
      facts: [
        'self-hosted server 3.9.1, workspace prod',
        '2 deployments, 1 flow, 1 work pool, 2 work queues, 1 worker online, 2 open runs',
        expect.stringMatching(/^\d+ requests in \d\.\d s$/),
      ],
    });
    expect(sectionOf(report, 'receiver')).toMatchObject({ status: 'skipped', problems: [] });
    expect(double.violations).toEqual([]);
  });

  it('is asked more than its health, which needs no credentials', async () => {
    const double = await start({ auth: 'admin:secret' });
    await expectProblems({ PREFECT_API_URL: double.apiUrl }, 1, [
      'prefect-auth-kind  The server wants authentication (401).\n' +
        '  found     neither PREFECT_API_AUTH_STRING nor PREFECT_API_KEY\n' +
        '  do        PREFECT_API_AUTH_STRING=user:password',
    ]);
  });

  it('with Basic authentication says so to a key', async () => {
    const double = await start({ auth: 'admin:secret' });
    await expectProblems({ PREFECT_API_URL: double.apiUrl, PREFECT_API_KEY: 'pnu_0123456789' }, 1, [
      'prefect-auth-kind  The server wants Basic authentication; PREFECT_API_KEY is sent as Bearer.\n' +
        '  found     pnu_…(14 characters)\n' +
        '  do        a self-hosted server uses PREFECT_API_AUTH_STRING=user:password',
    ]);
  });

  it('refuses another password, which is not shown', async () => {
    const double = await start({ auth: 'admin:secret' });
    const env = { PREFECT_API_URL: double.apiUrl, PREFECT_API_AUTH_STRING: 'admin:sesame' };
    await expectProblems(env, 1, [
      'prefect-auth-kind  The server does not accept PREFECT_API_AUTH_STRING (401).\n' +
        '  found     …(12 characters)\n' +
        '  expected  the value of PREFECT_SERVER_API_AUTH_STRING on the server, as user:password\n' +
        '  do        PREFECT_API_AUTH_STRING=user:password',
    ]);
    expect(JSON.stringify(await examine(env, clock))).not.toMatch(/sesame|YWRtaW46/);
  });

  it.each(['', '/', '/prefect'])('at "%s" is found at /api', async (path) => {
    const double = await start();
    const shown = path === '' ? '/' : path;
    await expectProblems({ PREFECT_API_URL: `${origin(double)}${path}` }, 1, [
      `prefect-url-without-api  http://<host>${shown} answers, but not as the Prefect API (POST flow_runs/filter: 404). http://<host>/api does.\n` +
        '  do        PREFECT_API_URL=http://<host>/api',
    ]);
  });

  it('that shows its web page at the root is found at /api', async () => {
    const double = await start();
    double.server.faults.when(({ path }) => (path.startsWith('/api/') ? undefined : { kind: 'html' }));
    const [problem] = problemsOf(await examine({ PREFECT_API_URL: origin(double) }, clock));
    expect(problem).toBe(
      'prefect-url-without-api  http://<host>/ answers, but not as the Prefect API. http://<host>/api does.\n' +
        '  do        PREFECT_API_URL=http://<host>/api',
    );
  });

  it('that wants CSRF tokens everywhere is found at /api too', async () => {
    const double = await start({ csrf: {} });
    await expectProblems({ PREFECT_API_URL: origin(double) }, 1, [
      'prefect-url-without-api  http://<host>/ answers, but not as the Prefect API (POST flow_runs/filter: 403). http://<host>/api does.\n' +
        '  do        PREFECT_API_URL=http://<host>/api',
    ]);
  });

  it('with /api twice in its address is a matter of the configuration', async () => {
    const double = await start();
    await expectProblems({ PREFECT_API_URL: `${double.apiUrl}/api` }, 2, [
      'invalid-value  PREFECT_API_URL has /api twice.\n' +
        '  found     http://<host>/api/api\n' +
        '  expected  http://<host>/api\n' +
        '  do        PREFECT_API_URL=http://<host>/api',
    ]);
    expect(double.requests()).toHaveLength(0);
  });

  it('wants a CSRF token that we are told not to fetch', async () => {
    const double = await start({ csrf: {} });
    await expectProblems({ PREFECT_API_URL: double.apiUrl, PREFECT_CSRF_ENABLED: 'false' }, 1, [
      'prefect-csrf  The server wants a CSRF token with every request (403).\n' +
        '  found     {"detail":"Missing CSRF token."}\n' +
        '  do        PREFECT_CSRF_ENABLED=auto',
    ]);
  });

  it('has no CSRF tokens, and we are told to fetch one', async () => {
    const double = await start();
    await expectProblems({ PREFECT_API_URL: double.apiUrl, PREFECT_CSRF_ENABLED: 'true' }, 1, [
      'prefect-csrf  PREFECT_CSRF_ENABLED=true, and the server gives no CSRF tokens (422).\n' +
        '  found     {"detail":"CSRF protection is disabled."}\n' +
        '  do        PREFECT_CSRF_ENABLED=auto',
    ]);
  });

  it('is not there', async () => {
    const port = await findFreePort();
    await expectProblems({ PREFECT_API_URL: `http://127.0.0.1:${port}/api` }, 1, [
      'prefect-unreachable  No connection to Prefect at <host> (ECONNREFUSED).\n' +
        '  found     GET http://<host>/api/csrf-token: <host> refused the connection (ECONNREFUSED, after <n> ms)\n' +
        '  do        start the server; inside a container, localhost is the container itself',
    ]);
  });

  it('with one fault at every address is told of once, after two attempts each', async () => {
    const double = await start();
    double.server.faults.when(({ path }) =>
      path.startsWith('/api/csrf') ? undefined : { kind: 'status', status: 503, body: 'database' },
    );
    const report = await examine({ PREFECT_API_URL: double.apiUrl, MAX_RETRIES: '9' }, clock);
    expect(problemsOf(report)).toEqual([
      expect.stringMatching(
        /^prefect-failed {2}Prefect answers 503\.\n {2}found {5}\w+ [\w/]+: 503, database\n/,
      ),
    ]);
    const flows = double.requests().filter(({ path }) => path === '/flows/filter');
    expect(flows).toHaveLength(2);
  });

  it('that fails in one thing fails the check, and the rest is described', async () => {
    const double = await start();
    double.fail('/work_pools/filter', { kind: 'status', status: 500, body: 'no such table' });
    const report = await examine({ PREFECT_API_URL: double.apiUrl }, clock);
    expect(problemsOf(report)).toEqual([
      'prefect-failed  Prefect answers 500.\n' +
        '  found     POST work_pools/filter: 500, no such table\n' +
        '  do        look at the log of the Prefect server',
    ]);
    expect(report.exitStatus).toBe(1);
    expect(sectionOf(report, 'prefect').facts[1]).toBe('2 deployments, 1 flow, 2 work queues, 2 open runs');
  });

  it.each([
    ['ahead of', 7 * 60_000, 'Samples would be refused.'],
    ['behind', -7 * 60_000, 'Samples would have times at which they were not true.'],
  ])('shows that this machine is %s it', async (way, aheadMs, consequence) => {
    const itsClock = createFakeClock({ nowMs: clock.now() - aheadMs });
    const double = await start({ clock: itsClock });
    const report = await examine({ PREFECT_API_URL: double.apiUrl }, clock);
    expect(sectionOf(report, 'prefect').problems).toEqual([
      {
        slug: 'clock',
        message: `This machine is 7 min ${way} Prefect (Date header). ${consequence}`,
        found: '2026-11-20T10:00:00.000Z',
        expected: `about ${new Date(itsClock.now()).toISOString()}`,
        do: 'set the clock of this machine',
      },
    ]);
    expect(report.exitStatus).toBe(1);
  });

  it('a few seconds apart is no problem', async () => {
    const double = await start({ clock: createFakeClock({ nowMs: clock.now() - 20_000 }) });
    await expectProblems({ PREFECT_API_URL: double.apiUrl }, 0, []);
  });
});

describe('Prefect Cloud', () => {
  const cloud = {
    apiKey: 'pnu_right',
    accountId: '0c1d7f5e-4f0b-4d0f-9f0a-3f1a5a0b6c11',
    workspaceId: '9a77a3a1-1111-4222-8333-444455556666',
    workspaceHandle: 'production',
  };
  const otherId = '4b1e4b1e-1111-4222-8333-444455556666';
  const role =
    '  do        give the service account a larger role in the workspace; the smallest built-in one that may read everything is Viewer';

  it('that is right goes by the handle of the workspace', async () => {
    const double = await start({ cloud });
    const report = await examine({ PREFECT_API_URL: double.apiUrl, PREFECT_API_KEY: cloud.apiKey }, clock);
    expect(problemsOf(report)).toEqual([]);
    expect(sectionOf(report, 'prefect').facts[0]).toBe('Prefect Cloud, workspace production');
  });

  it('does not accept another key', async () => {
    const double = await start({ cloud });
    const env = { PREFECT_API_URL: double.apiUrl, PREFECT_API_KEY: 'pnu_expired_and_long' };
    await expectProblems(env, 1, [
      'prefect-key-refused  Prefect Cloud does not accept PREFECT_API_KEY (401).\n' +
        '  found     pnu_…(20 characters)\n' +
        '  do        keys expire: make a new one under Service Accounts',
    ]);
    expect(JSON.stringify(await examine(env, clock))).not.toContain('expired');
  });

  it.each([
    [{}, 'no PREFECT_API_KEY'],
    [{ PREFECT_API_AUTH_STRING: 'a:b' }, 'PREFECT_API_AUTH_STRING'],
  ])('wants a key: %j', async (env, found) => {
    const double = await start({ cloud });
    await expectProblems({ PREFECT_API_URL: double.apiUrl, ...env }, 1, [
      `prefect-auth-kind  Prefect Cloud wants an API key.\n  found     ${found}\n  do        PREFECT_API_KEY=pnu_…`,
    ]);
  });

  it('says which workspace the key can see', async () => {
    const double = await start({ cloud });
    const url = double.apiUrl.replace(cloud.workspaceId, otherId);
    await expectProblems({ PREFECT_API_URL: url, PREFECT_API_KEY: cloud.apiKey }, 1, [
      `prefect-workspace-not-allowed  The key is valid but cannot see workspace ${otherId}.\n` +
        `  found     it can see: production (${cloud.workspaceId})\n` +
        `  do        PREFECT_API_URL=http://<host>/api/accounts/${cloud.accountId}/workspaces/${cloud.workspaceId}, or give the service account a role in the workspace`,
    ]);
  });

  it('has no such workspace, also when nobody asked for its name', async () => {
    const double = await start({ cloud });
    const url = double.apiUrl.replace(cloud.workspaceId, otherId);
    const env = { PREFECT_API_URL: url, PREFECT_API_KEY: cloud.apiKey, WORKSPACE: 'named' };
    const [problem = '', ...others] = problemsOf(await examine(env, clock));
    expect(others).toEqual([]);
    expect(problem).toContain(
      'prefect-workspace-not-allowed  Prefect Cloud has no such workspace for this key (404).',
    );
  });

  it('forbids one thing: a warning that names what will be missing', async () => {
    const double = await start({ cloud });
    double.fail('/work_pools/filter', { kind: 'status', status: 403, body: 'Forbidden' });
    const report = await examine({ PREFECT_API_URL: double.apiUrl, PREFECT_API_KEY: cloud.apiKey }, clock);
    expect(report.exitStatus).toBe(0);
    const { status, problems } = sectionOf(report, 'prefect');
    expect(status).toBe('warning');
    expect(problems).toMatchObject([{ slug: 'prefect-role-too-small' }]);
    const [message = '', ...rest] = problemsOf(report)[0]?.split('\n') ?? [];
    expect(message).toMatch(/The key may not read: work pools \(403\)\. These families will be absent: /);
    for (const family of [
      'prefect_work_pools',
      'prefect_work_pool_ready',
      'prefect_work_pool_workers_online',
    ])
      expect(message).toContain(family);
    expect(message).not.toContain('prefect_deployments');
    expect(rest).toEqual([role]);
  });

  it('forbids everything: then it is no warning', async () => {
    const double = await start({ cloud });
    double.server.faults.when(({ path }) =>
      /\/(?:me|csrf-token)\b/.test(path) ? undefined : { kind: 'status', status: 403, body: 'Forbidden' },
    );
    const report = await examine({ PREFECT_API_URL: double.apiUrl, PREFECT_API_KEY: cloud.apiKey }, clock);
    expect(problemsOf(report)).toEqual([
      'prefect-workspace-not-allowed  The key may read nothing in this workspace (403).\n' +
        `  found     POST flow_runs/filter: 403, Forbidden\n${role}`,
    ]);
    expect(report.exitStatus).toBe(1);
  });
});
