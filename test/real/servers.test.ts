import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { askJson, createAsk } from '../support/real/ask.ts';
import { startPrefect } from '../support/real/prefect.ts';
import { startPrometheus } from '../support/real/prometheus.ts';
import { startPushgateway } from '../support/real/pushgateway.ts';
import { requireServer } from '../support/real/require-server.ts';
import { sharedPrefect } from '../support/real/shared-prefect.ts';
import { startVictoriaMetrics } from '../support/real/victoria-metrics.ts';

const prefect3 = await requireServer('prefect-3');
const prefect2 = await requireServer('prefect-2');
const prometheus3 = await requireServer('prometheus-3');
const prometheus2 = await requireServer('prometheus-2');
const victoriaMetrics = await requireServer('victoria-metrics');
const pushgateway = await requireServer('pushgateway');

const startMs = 60_000;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each([prefect3, prefect2])('$name', (required) => {
  test.skipIf(required.missing)(
    'answers with its version, has an empty database, and ends',
    { timeout: startMs },
    async () => {
      const prefect = await startPrefect(required);
      expect(await askJson(createAsk(prefect.apiUrl), '/admin/version')).toBe(prefect.version);
      expect(await prefect.sql('SELECT count(*) AS flows FROM flow')).toEqual([{ flows: 0 }]);

      await prefect.stop();
      expect(isAlive(prefect.pid)).toBe(false);
      expect(existsSync(dirname(prefect.databasePath))).toBe(false);
    },
  );
});

describe.skipIf(prefect3.missing)('prefect-3 options', () => {
  test('CSRF protection and basic auth', { timeout: startMs }, async () => {
    const prefect = await startPrefect(prefect3, { csrf: true, authString: 'user:secret', defaultLimit: 50 });
    const credentials = `Basic ${Buffer.from('user:secret').toString('base64')}`;
    const post = (headers: Record<string, string>) =>
      fetch(`${prefect.apiUrl}/flows/filter`, { method: 'POST', headers, body: '{}' });
    try {
      expect((await createAsk(prefect.apiUrl)('/admin/version')).status).toBe(401);
      const withoutToken = await post({ authorization: credentials });
      expect([withoutToken.status, await withoutToken.text()]).toEqual([
        403,
        expect.stringContaining('CSRF'),
      ]);
      const settings = await askJson(
        createAsk(prefect.apiUrl, { authorization: credentials }),
        '/admin/settings',
      );
      expect(settings).toMatchObject({
        server: { api: { default_limit: 50 }, services: { late_runs: { enabled: false } } },
      });
    } finally {
      await prefect.stop();
    }
  });

  test('one server is shared by a whole run', async () => {
    const prefect = sharedPrefect('prefect-3');
    expect(await askJson(createAsk(prefect.apiUrl), '/health')).toBe(true);
    expect(await prefect.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe.each([prometheus3, prometheus2])('$name', (required) => {
  test.skipIf(required.missing)('answers with its version, queries, and ends', async () => {
    const prometheus = await startPrometheus(required, { outOfOrderWindow: '30m' });
    expect(await prometheus.reportedVersion()).toContain(required.installed().version);
    expect(await prometheus.queryInstant('vector(1) / 0', 1_700_000_000_000)).toEqual([
      { labels: {}, timeMs: 1_700_000_000_000, value: Number.POSITIVE_INFINITY },
    ]);

    await prometheus.stop();
    expect(isAlive(prometheus.pid)).toBe(false);
  });
});

test.skipIf(prometheus3.missing)('prometheus-3 behind TLS and basic auth', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
  const prometheus = await startPrometheus(prometheus3, {
    web: {
      scheme: 'https',
      files: { 'cert.pem': cert, 'key.pem': key },
      config: {
        tls_server_config: { cert_file: 'cert.pem', key_file: 'key.pem' },
        // bcrypt of "test"
        basic_auth_users: { user: '$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay' },
      },
      authorization: `Basic ${Buffer.from('user:test').toString('base64')}`,
    },
  });
  try {
    expect(await prometheus.reportedVersion()).toContain(prometheus3.installed().version);
    expect((await createAsk(prometheus.url)('/api/v1/status/buildinfo')).status).toBe(401);
  } finally {
    await prometheus.stop();
  }
});

test.skipIf(victoriaMetrics.missing)('victoria-metrics stores, exports, and ends', async () => {
  const server = await startVictoriaMetrics(victoriaMetrics);
  // Debian's build does not know its version.
  expect(await server.metrics()).toContain('vm_app_version{');
  const timeMs = Date.now() - 60_000;
  await fetch(`${server.url}/api/v1/import/prometheus`, {
    method: 'POST',
    body: `a_metric{b="c"} 7 ${timeMs}\n`,
  });
  await server.flush();
  const points = [{ timeMs, value: 7 }];
  expect(await server.exportSeries('a_metric')).toEqual([
    { labels: { __name__: 'a_metric', b: 'c' }, points },
  ]);
  expect(await server.querySamples('a_metric[5m]', Date.now())).toMatchObject([{ points }]);

  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

describe.skipIf(pushgateway.missing || prometheus3.missing)('pushgateway', () => {
  test('takes a push, is scraped by Prometheus, and ends', async () => {
    const gateway = await startPushgateway(pushgateway);
    expect(await gateway.metrics()).toContain(`version="${pushgateway.installed().version}`);
    const put = await fetch(`${gateway.url}/metrics/job/pushed`, { method: 'PUT', body: 'a_metric 7\n' });
    expect(put.status).toBe(200);
    const prometheus = await startPrometheus(prometheus3, {
      scrapeConfigs: [
        {
          job_name: 'gateway',
          honor_labels: true,
          scrape_interval: '1s',
          static_configs: [{ targets: [new URL(gateway.url).host] }],
        },
      ],
    });
    try {
      const scraped = () => prometheus.queryInstant('a_metric{job="pushed"}', Date.now());
      await expect.poll(scraped, { timeout: 20_000 }).toMatchObject([{ value: 7 }]);
    } finally {
      await prometheus.stop();
      await gateway.stop();
    }
    expect(isAlive(gateway.pid)).toBe(false);
  });

  test('is gone when the process that started it is killed', async () => {
    const support = new URL('../support/real/', import.meta.url);
    const source = `
      import { requireServer } from '${support}require-server.ts';
      import { startPushgateway } from '${support}pushgateway.ts';
      const { pid } = await startPushgateway(await requireServer('pushgateway'));
      process.stdout.write(String(pid));
      setInterval(() => {}, 1_000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '--eval', source]);
    const [printed] = await once(starter.stdout.setEncoding('utf8'), 'data');
    const pid = Number(printed);
    expect(isAlive(pid)).toBe(true);

    starter.kill('SIGKILL');
    // An orphan counts as alive until init has reaped it.
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });
});
