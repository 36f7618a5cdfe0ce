// What `check` says about real servers, configured as people configure them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { systemClock as clock } from '../../lib/clock.ts';
import { type Env, examine, problemsOf, sectionOf } from '../doctor/examine.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { type PushgatewayServer, startPushgateway } from '../support/real/pushgateway.ts';
import { type RequiredServer, requireServer } from '../support/real/require-server.ts';
import { startVictoriaMetrics, type VictoriaMetricsServer } from '../support/real/victoria-metrics.ts';

/** Several lists are asked for at a time, and any of them may be answered first. */
const ofAnyList = (problem: string): string => problem.replace(/POST \w+\/filter/, 'POST <list>/filter');

const prefect3 = await requireServer('prefect-3');
const prefect2 = await requireServer('prefect-2');
const prometheus2 = await requireServer('prometheus-2');
const prometheus3 = await requireServer('prometheus-3');
const victoriaMetrics = await requireServer('victoria-metrics');
const pushgateway = await requireServer('pushgateway');

const check = (env: Env) => examine(env, clock);
const rootOf = (apiUrl: string) => apiUrl.replace(/\/api$/, '');

/** Nobody listens on it. */
const closedPort = 1;

describe.skipIf(prefect3.missing)('prefect-3 with CSRF and Basic authentication', () => {
  let server: PrefectServer;
  const auth = { PREFECT_API_AUTH_STRING: 'admin:secret' };

  beforeAll(async () => {
    server = await startPrefect(prefect3, { csrf: true, authString: 'admin:secret' });
  });
  afterAll(() => server?.stop());

  it('is right', async () => {
    const report = await check({ PREFECT_API_URL: server.apiUrl, ...auth });
    expect(problemsOf(report)).toEqual([]);
    expect(sectionOf(report, 'prefect').facts[0]).toContain(`self-hosted server ${server.version}`);
  });

  it.each([
    ['no credentials', {}, 'The server wants authentication (401).'],
    [
      'another password',
      { PREFECT_API_AUTH_STRING: 'admin:other' },
      'The server does not accept PREFECT_API_AUTH_STRING (401).',
    ],
    [
      'a key',
      { PREFECT_API_KEY: 'pnu_0123456789' },
      'The server wants Basic authentication; PREFECT_API_KEY is sent as Bearer.',
    ],
  ])('gets %s', async (_, env: Env, message) => {
    const report = await check({ PREFECT_API_URL: server.apiUrl, ...env });
    expect(report.exitStatus).toBe(1);
    expect(sectionOf(report, 'prefect').problems).toMatchObject([{ slug: 'prefect-auth-kind', message }]);
  });

  it('without /api is found at /api, through a 403 that speaks of CSRF', async () => {
    const report = await check({ PREFECT_API_URL: rootOf(server.apiUrl), ...auth });
    expect(problemsOf(report).map(ofAnyList)).toEqual([
      'prefect-url-without-api  http://<host>/ answers, but not as the Prefect API (POST <list>/filter: 403). http://<host>/api does.\n' +
        '  do        PREFECT_API_URL=http://<host>/api',
    ]);
  });

  it('without tokens refuses everything', async () => {
    const report = await check({ PREFECT_API_URL: server.apiUrl, ...auth, PREFECT_CSRF_ENABLED: 'false' });
    expect(report.exitStatus).toBe(1);
    expect(sectionOf(report, 'prefect').problems).toMatchObject([{ slug: 'prefect-csrf' }]);
  });
});

describe.each([prefect3, prefect2])('$name', (required: RequiredServer) => {
  describe.skipIf(required.missing)('open to everyone', () => {
    let server: PrefectServer;

    beforeAll(async () => {
      server = await startPrefect(required);
    });
    afterAll(() => server?.stop());

    it('is right', async () => {
      const report = await check({ PREFECT_API_URL: server.apiUrl });
      expect(problemsOf(report)).toEqual([]);
      expect(sectionOf(report, 'prefect').facts).toEqual([
        expect.stringContaining(`self-hosted server ${server.version}`),
        expect.stringMatching(/^0 deployments, 0 flows, /),
        expect.stringMatching(/^\d+ requests in /),
      ]);
    });

    it.each(['', '/api/v1', '/prefect'])('at "%s" is found at /api', async (path) => {
      const report = await check({ PREFECT_API_URL: `${rootOf(server.apiUrl)}${path}` });
      expect(report.exitStatus).toBe(1);
      expect(problemsOf(report).map(ofAnyList)).toEqual([
        `prefect-url-without-api  http://<host>${path || '/'} answers, but not as the Prefect API (POST <list>/filter: 404). http://<host>/api does.\n` +
          '  do        PREFECT_API_URL=http://<host>/api',
      ]);
    });

    it('with /api twice never gets a question', async () => {
      const report = await check({ PREFECT_API_URL: `${server.apiUrl}/api` });
      expect(report.exitStatus).toBe(2);
      expect(problemsOf(report)[0]).toContain('PREFECT_API_URL has /api twice.');
    });

    it('at another port is not there', async () => {
      const report = await check({ PREFECT_API_URL: `http://127.0.0.1:${closedPort}/api` });
      expect(sectionOf(report, 'prefect').problems).toMatchObject([
        { slug: 'prefect-unreachable', message: expect.stringContaining('ECONNREFUSED') },
      ]);
    });

    it('gives no CSRF tokens', async () => {
      const report = await check({ PREFECT_API_URL: server.apiUrl, PREFECT_CSRF_ENABLED: 'true' });
      expect(sectionOf(report, 'prefect').problems).toMatchObject([
        { slug: 'prefect-csrf', do: 'PREFECT_CSRF_ENABLED=auto' },
      ]);
    });
  });
});

/** Only the receiver counts here: nobody is Prefect. */
async function checkReceiver(env: Env) {
  const report = await check({ PREFECT_API_URL: `http://127.0.0.1:${closedPort}/api`, ...env });
  return { report, section: sectionOf(report, 'receiver') };
}

const foundAtWrite = (message: string, seen: string) =>
  `receiver-url-without-path  ${message} It answers at /api/v1/write (204).\n` +
  `  found     ${seen}\n` +
  '  do        REMOTE_WRITE_URL=http://<host>/api/v1/write';

describe.each([prometheus2, prometheus3])('$name', (required: RequiredServer) => {
  describe.skipIf(required.missing)('as a receiver', () => {
    let server: PrometheusServer;
    let closed: PrometheusServer;

    beforeAll(async () => {
      server = await startPrometheus(required);
      closed = await startPrometheus(required, { receives: false });
    });
    afterAll(async () => {
      await server?.stop();
      await closed?.stop();
    });

    it('is right and stores nothing', async () => {
      const { section } = await checkReceiver({ REMOTE_WRITE_URL: server.writeUrl });
      expect(section).toMatchObject({ status: 'ok', problems: [] });
      expect(await server.querySamples('{__name__=~".+"}[1h]', clock.now() + 1)).toEqual([]);
    });

    it.each([
      ['', 'http://<host> has no remote-write path.', 'Method Not Allowed'],
      ['/write', 'http://<host>/write takes no remote write.', '404 page not found'],
    ])('is found from "%s"', async (path, message, seen) => {
      const { report } = await checkReceiver({ REMOTE_WRITE_URL: `${server.url}${path}` });
      expect(problemsOf(report)).toContain(foundAtWrite(message, seen));
    });

    it('is asked for data at the query address, never given any', async () => {
      const report = await check({
        PREFECT_API_URL: 'http://127.0.0.1:1/api',
        REMOTE_WRITE_URL: `${server.url}/api/v1/query`,
      });
      expect(report.exitStatus).toBe(2);
      expect(problemsOf(report)[0]).toContain('where queries go; write to http://<host>/api/v1/write.');
    });

    it.each(['/api/v1/write', ''])('is switched off, seen from "%s"', async (path) => {
      const { section } = await checkReceiver({ REMOTE_WRITE_URL: `${closed.url}${path}` });
      expect(section.problems).toMatchObject([
        { slug: 'receiver-disabled', do: 'start it with --web.enable-remote-write-receiver' },
      ]);
    });

    it('is no Pushgateway', async () => {
      const { report } = await checkReceiver({ PUSHGATEWAY_URL: server.url });
      expect(problemsOf(report)).toContain(
        'receiver-kind  http://<host> is not a Pushgateway but a server with the Prometheus API. Use REMOTE_WRITE_URL instead of PUSHGATEWAY_URL.\n' +
          '  do        REMOTE_WRITE_URL=http://<host>/api/v1/write',
      );
    });
  });
});

describe.skipIf(victoriaMetrics.missing)('victoria-metrics', () => {
  let server: VictoriaMetricsServer;

  beforeAll(async () => {
    server = await startVictoriaMetrics(victoriaMetrics);
  });
  afterAll(() => server?.stop());

  it('is right and stores nothing', async () => {
    const { section } = await checkReceiver({ REMOTE_WRITE_URL: server.writeUrl });
    expect(section).toMatchObject({ status: 'ok', problems: [] });
    await server.flush();
    expect(await server.exportSeries('{__name__!=""}')).toEqual([]);
  });

  it('is found from its root, which answers 400', async () => {
    const { report } = await checkReceiver({ REMOTE_WRITE_URL: server.url });
    const [, problem] = problemsOf(report);
    expect(problem).toMatch(
      /^receiver-url-without-path {2}http:\/\/<host> has no remote-write path\. It answers at/,
    );
    expect(problem).toContain('unsupported path requested: "/"');
    expect(problem).toContain('REMOTE_WRITE_URL=http://<host>/api/v1/write');
  });

  it('is no Prefect', async () => {
    const report = await check({ PREFECT_API_URL: `${server.url}/api` });
    expect(sectionOf(report, 'prefect').problems).toMatchObject([{ slug: 'prefect-url-without-api' }]);
  });
});

describe.skipIf(pushgateway.missing)('pushgateway', () => {
  let server: PushgatewayServer;

  beforeAll(async () => {
    server = await startPushgateway(pushgateway);
  });
  afterAll(() => server?.stop());

  it('is right and keeps nothing', async () => {
    const { section } = await checkReceiver({ PUSHGATEWAY_URL: server.url });
    expect(section).toMatchObject({ status: 'ok', problems: [] });
    expect(section.facts[0]).toMatch(
      /^Pushgateway \d+\.\d+\.\d+.*, an empty group was written and deleted in/,
    );
    expect(await server.metrics()).not.toMatch(/job="/);
  });

  it.each(['', '/api/v1/write'])('takes no remote write at "%s"', async (path) => {
    const { report } = await checkReceiver({ REMOTE_WRITE_URL: `${server.url}${path}` });
    expect(problemsOf(report)).toContain(
      'receiver-kind  http://<host> is a Pushgateway (GET /api/v1/status). Use PUSHGATEWAY_URL instead of REMOTE_WRITE_URL.\n' +
        '  do        PUSHGATEWAY_URL=http://<host>',
    );
  });

  it('is found at its origin', async () => {
    const { report } = await checkReceiver({ PUSHGATEWAY_URL: `${server.url}/nowhere` });
    expect(problemsOf(report)).toContain(
      'receiver-url-without-path  http://<host>/nowhere takes no pushes. The Pushgateway is at http://<host>.\n' +
        '  do        PUSHGATEWAY_URL=http://<host>',
    );
  });
});
