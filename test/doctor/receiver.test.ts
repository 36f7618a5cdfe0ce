import { request } from 'undici';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startPrefectDouble } from '../../doubles/prefect/api.ts';
import { startPushgateway } from '../../doubles/pushgateway/pushgateway.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../doubles/receiver/receiver.ts';
import { type LocalServer, type Reply, startServer } from '../../doubles/server.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { findFreePort } from '../support/real/free-port.ts';
import { type Env, examine, problemsOf, sectionOf } from './examine.ts';

let clock: FakeClock;
let prefect: Env;

beforeEach(async () => {
  clock = createFakeClock({ autoAdvance: true });
  const double = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock) });
  prefect = { PREFECT_API_URL: double.apiUrl };
  return double.stop;
});

async function receiving(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver({ clock, ...options });
  onTestFinished(receiver.stop);
  return receiver;
}

/** A server that answers the same to everything. */
async function answering(reply: Reply): Promise<LocalServer> {
  const server = await startServer(() => reply);
  onTestFinished(server.stop);
  return server;
}

async function problems(env: Env): Promise<string[]> {
  const report = await examine({ ...prefect, ...env }, clock);
  expect(sectionOf(report, 'prefect').status).toBe('ok');
  expect(report.exitStatus).toBe(1);
  return problemsOf(report);
}

const usualPaths =
  '  expected  the whole address, such as …/api/v1/write (Prometheus, VictoriaMetrics), …/api/v1/push (Mimir), …/api/prom/push (Grafana Cloud), …/api/v1/receive (Thanos)\n';

describe('a remote-write receiver', () => {
  it('that is right gets an empty request and a broken one, and stores nothing', async () => {
    const receiver = await receiving({ authorization: 'Bearer a-long-token' });
    const env = { REMOTE_WRITE_URL: receiver.writeUrl.href, REMOTE_WRITE_BEARER_TOKEN: 'a-long-token' };
    const report = await examine({ ...prefect, ...env }, clock);
    expect(report.exitStatus).toBe(0);
    expect(sectionOf(report, 'receiver')).toMatchObject({
      status: 'ok',
      problems: [],
      facts: [
        expect.stringMatching(
          /^127\.0\.0\.1:\d+, remote write 1\.0, an empty request was accepted in \d+ ms$/,
        ),
        'its clock agrees',
      ],
    });
    expect(receiver.requests).toHaveLength(2);
    expect(receiver.series()).toEqual([]);
    expect(receiver.violations).toEqual([]);
  });

  it.each([
    ['', 'http://<host> has no remote-write path.', '404 page not found'],
    ['/', 'http://<host> has no remote-write path.', '404 page not found'],
    ['/api/v1/push', 'http://<host>/api/v1/push takes no remote write.', '404 page not found'],
  ])('is found from "%s"', async (path, message, found) => {
    const receiver = await receiving();
    expect(await problems({ REMOTE_WRITE_URL: `${receiver.url.origin}${path}` })).toEqual([
      `receiver-url-without-path  ${message} It answers at /api/v1/write (204).\n` +
        `  found     ${found}\n` +
        '  do        REMOTE_WRITE_URL=http://<host>/api/v1/write',
    ]);
    expect(receiver.series()).toEqual([]);
  });

  it('is found below the prefix of a proxy first', async () => {
    const server = await startServer(({ path }) =>
      path === '/mimir/api/v1/push' || path === '/api/v1/push' ? { status: 200 } : { status: 404 },
    );
    onTestFinished(server.stop);
    const [problem] = await problems({ REMOTE_WRITE_URL: `${server.url.origin}/mimir/api/v1/write` });
    expect(problem).toContain('REMOTE_WRITE_URL=http://<host>/mimir/api/v1/push');
  });

  it('is nowhere at this host', async () => {
    const server = await answering({ status: 404, body: 'nothing here' });
    expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}/write` })).toEqual([
      'receiver-url-without-path  http://<host>/write does not take remote write (POST: 404).\n' +
        '  found     nothing here\n' +
        usualPaths +
        '  do        look at the host and the port: the usual paths take no remote write there either',
    ]);
  });

  it('whose address is that of queries is a matter of the configuration', async () => {
    const receiver = await receiving();
    const env = { ...prefect, REMOTE_WRITE_URL: `${receiver.url.origin}/api/v1/query` };
    const report = await examine(env, clock);
    expect(report.exitStatus).toBe(2);
    expect(problemsOf(report)[0]).toMatch(/^receiver-url-is-for-queries /);
    expect(receiver.requests).toHaveLength(0);
  });

  it('is switched off', async () => {
    const body = 'remote write receiver needs to be enabled with --web.enable-remote-write-receiver';
    const server = await answering({ status: 404, body });
    for (const path of ['/api/v1/write', '']) {
      expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}${path}` })).toEqual([
        'receiver-disabled  This Prometheus does not accept remote write.\n' +
          '  do        start it with --web.enable-remote-write-receiver',
      ]);
    }
  });

  it('is a Pushgateway, whatever the path', async () => {
    const status = JSON.stringify({ data: { build_information: { version: '1.11.0' } } });
    const server = await startServer(({ path }) =>
      path === '/api/v1/status' ? { status: 200, body: status } : { status: 404 },
    );
    onTestFinished(server.stop);
    for (const path of ['', '/api/v1/write']) {
      expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}${path}` })).toEqual([
        'receiver-kind  http://<host> is a Pushgateway (GET /api/v1/status). Use PUSHGATEWAY_URL instead of REMOTE_WRITE_URL.\n' +
          '  do        PUSHGATEWAY_URL=http://<host>',
      ]);
    }
  });

  it('says yes to everything', async () => {
    const server = await answering({ status: 200, headers: { 'content-type': 'text/html' }, body: 'Hello' });
    expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}/api/v1/write` })).toEqual([
      'receiver-url-without-path  http://<host>/api/v1/write answers 200 to everything, also to what is not remote write.\n' +
        '  found     content-type text/html\n' +
        '  expected  a receiver of remote write, which refuses a body that is not snappy\n' +
        '  do        look at REMOTE_WRITE_URL: a web page or a proxy answers there',
    ]);
  });

  it('does not accept the password, which is not shown', async () => {
    const receiver = await receiving({ authorization: 'Basic other' });
    const env = {
      REMOTE_WRITE_URL: receiver.writeUrl.href,
      REMOTE_WRITE_USERNAME: '1234567',
      REMOTE_WRITE_PASSWORD: 'glc_open-sesame',
    };
    expect(await problems(env)).toEqual([
      'receiver-token-refused  The receiver at http://<host>/api/v1/write does not accept the credentials (401).\n' +
        '  found     user 1234567, password glc_…(15 characters); it says: Unauthorized\n' +
        '  do        compare user name, password or token with those of the receiver',
    ]);
    const encoded = Buffer.from('1234567:glc_open-sesame').toString('base64');
    const report = JSON.stringify(await examine({ ...prefect, ...env }, clock));
    expect(report).not.toContain('sesame');
    expect(report).not.toContain(encoded);
  });

  it('quotes a secret, which is taken out', async () => {
    const server = await startServer(({ headers }) => ({ status: 403, body: `no ${headers.authorization}` }));
    onTestFinished(server.stop);
    const env = {
      REMOTE_WRITE_URL: `${server.url.origin}/api/v1/write`,
      REMOTE_WRITE_BEARER_TOKEN: 'open-sesame',
    };
    expect((await problems(env)).join()).not.toContain('sesame');
  });

  it('wants a tenant', async () => {
    const server = await answering({ status: 401, body: 'no org id\n' });
    expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}/api/v1/push` })).toEqual([
      'receiver-tenant  The receiver wants a tenant.\n' +
        '  found     no org id\n' +
        '  do        REMOTE_WRITE_TENANT=<tenant>',
    ]);
  });

  it('redirects, which is not followed', async () => {
    const server = await answering({ status: 308, headers: { location: '/login' } });
    expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}/api/v1/push` })).toEqual([
      'receiver-failed  http://<host>/api/v1/push redirects (308); a redirected write becomes a read.\n' +
        '  found     http://<host>/login\n' +
        '  do        REMOTE_WRITE_URL=http://<host>/login',
    ]);
  });

  it('has a fault', async () => {
    const server = await answering({ status: 503, body: 'ingester is starting' });
    expect(await problems({ REMOTE_WRITE_URL: `${server.url.origin}/api/v1/push` })).toEqual([
      'receiver-failed  The receiver at http://<host>/api/v1/push answers 503.\n' +
        '  found     ingester is starting\n' +
        '  do        look at the log of the receiver',
    ]);
  });

  it('is not there', async () => {
    const port = await findFreePort();
    expect(await problems({ REMOTE_WRITE_URL: `http://127.0.0.1:${port}/api/v1/push` })).toEqual([
      'receiver-unreachable  No connection to the receiver at <host> (ECONNREFUSED).\n' +
        '  found     POST http://<host>/api/v1/push: <host> refused the connection (ECONNREFUSED, after <n> ms)\n' +
        '  do        start the receiver; inside a container, localhost is the container itself',
    ]);
  });

  it('lives in another time', async () => {
    const receiver = await receiving({ clock: createFakeClock({ nowMs: clock.now() - 300_000 }) });
    expect(await problems({ REMOTE_WRITE_URL: receiver.writeUrl.href })).toEqual([
      'clock  This machine is 5 min ahead of the receiver (Date header). Samples would be refused.\n' +
        '  found     2026-11-20T10:00:00.000Z\n' +
        '  expected  about 2026-11-20T09:55:00.000Z\n' +
        '  do        set the clock of this machine',
    ]);
  });
});

describe('a Pushgateway', () => {
  it('that is right keeps nothing', async () => {
    const gateway = await startPushgateway({ clock });
    onTestFinished(gateway.stop);
    const report = await examine({ ...prefect, PUSHGATEWAY_URL: gateway.url.origin }, clock);
    expect(report.exitStatus).toBe(0);
    expect(sectionOf(report, 'receiver').facts[0]).toMatch(
      /an empty group was written and deleted in \d+ ms$/,
    );
    expect(gateway.groups()).toEqual([]);
    const paths = gateway.requests.filter(({ method }) => method !== 'GET').map(({ path }) => path);
    // Not the group of ticks: it must not vanish for a check.
    expect(new Set(paths)).toEqual(
      new Set([`/metrics/job@base64/${Buffer.from('prefect-exporter-check').toString('base64url')}`]),
    );
  });

  it('leaves the group of ticks alone', async () => {
    const gateway = await startPushgateway({ clock });
    onTestFinished(gateway.stop);
    const own = `/metrics/job@base64/${Buffer.from('prefect-exporter').toString('base64url')}`;
    const put = await request(new URL(own, gateway.url), { method: 'PUT', body: 'kept 1\n' });
    await put.body.dump();
    await examine({ ...prefect, PUSHGATEWAY_URL: gateway.url.origin }, clock);
    expect(gateway.groups()).toHaveLength(1);
  });

  it('says yes to everything', async () => {
    const server = await answering({ status: 200, body: 'Hello' });
    expect(await problems({ PUSHGATEWAY_URL: server.url.origin })).toEqual([
      'receiver-kind  http://<host> answers 200 to everything, also to what is not the text format.\n' +
        '  expected  a Pushgateway, which refuses a text that it cannot parse\n' +
        '  do        look at PUSHGATEWAY_URL: a web page or a proxy answers there',
    ]);
  });

  it('is a Prometheus', async () => {
    const version = JSON.stringify({ data: { version: '3.5.0' } });
    const server = await startServer(({ path }) =>
      path === '/api/v1/status/buildinfo' ? { status: 200, body: version } : { status: 404 },
    );
    onTestFinished(server.stop);
    expect(await problems({ PUSHGATEWAY_URL: server.url.origin })).toEqual([
      'receiver-kind  http://<host> is not a Pushgateway but a server with the Prometheus API. Use REMOTE_WRITE_URL instead of PUSHGATEWAY_URL.\n' +
        '  do        REMOTE_WRITE_URL=http://<host>/api/v1/write',
    ]);
  });
});

describe('both sides', () => {
  it('refuse: it is the network, told beside what each side said', async () => {
    const [a, b] = [await findFreePort(), await findFreePort()];
    const env = {
      PREFECT_API_URL: `http://127.0.0.1:${a}/api`,
      REMOTE_WRITE_URL: `http://127.0.0.1:${b}/api/v1/write`,
    };
    const report = await examine(env, clock);
    expect(report.exitStatus).toBe(1);
    expect(problemsOf(report).map((text) => text.split(' ')[0])).toEqual([
      'prefect-unreachable',
      'receiver-unreachable',
      'network-closed',
    ]);
    expect(problemsOf(report)[2]).toBe(
      'network-closed  Nothing outside answers: <host> (ECONNREFUSED), <host> (ECONNREFUSED).\n' +
        '  do        a Lambda function in a VPC needs a NAT gateway, a public subnet gives a function no internet; behind a proxy set HTTPS_PROXY',
    );
  });

  it('one that refuses is one, not the network', async () => {
    const port = await findFreePort();
    const report = await examine({ ...prefect, PUSHGATEWAY_URL: `http://127.0.0.1:${port}` }, clock);
    expect(report.sections.map(({ name }) => name)).toEqual([
      'configuration',
      'prefect',
      'receiver',
      'store',
    ]);
  });

  it.each([
    ['within the deadline', 5_000],
    ['within the time of two attempts', 60_000],
  ])('hang: the report is there %s', async (_, withinMs) => {
    const standing = createFakeClock();
    const [silent, mute] = [
      await startServer(() => ({ status: 200 })),
      await startServer(() => ({ status: 200 })),
    ];
    onTestFinished(silent.stop);
    onTestFinished(mute.stop);
    for (const server of [silent, mute]) server.faults.when(() => ({ kind: 'hang' }));
    const env = {
      PREFECT_API_URL: `${silent.url.origin}/api`,
      REMOTE_WRITE_URL: `${mute.url.origin}/api/v1/write`,
    };
    let report: Awaited<ReturnType<typeof examine>> | undefined;
    void examine(env, standing, { withinMs }).then((made) => {
      report = made;
    });
    await Promise.all([silent.received(1), mute.received(1)]);
    const startMs = standing.monotonic();
    while (report === undefined && standing.monotonic() < startMs + 120_000) await standing.advance(500);
    expect(standing.monotonic() - startMs).toBeLessThanOrEqual(Math.min(withinMs, 25_000));
    if (report === undefined) throw new Error('no report');
    expect(report.exitStatus).toBe(1);
    const [ofPrefect, ofReceiver, ofNetwork] = problemsOf(report);
    expect(ofPrefect).toMatch(
      /^prefect-unreachable {2}Prefect at <host> did not answer in the time there was\.\n/,
    );
    expect(ofReceiver).toMatch(
      /^receiver-unreachable {2}The receiver at <host> did not answer in the time there was\.\n/,
    );
    expect(ofNetwork).toMatch(
      /^network-closed {2}Nothing outside answers: <host> \(\w+\), <host> \(\w+\)\.\n/,
    );
  });
});
