// Signed remote write into a real Prometheus behind a server that verifies every signature; the role against moto's STS.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type AmazonPrometheus,
  startAmazonPrometheus,
} from '../../doubles/amazon-prometheus/amazon-prometheus.ts';
import type { KnownCredentials } from '../../doubles/amazon-prometheus/signature.ts';
import { type PrefectDouble, startPrefectDouble } from '../../doubles/prefect/api.ts';
import { type LocalServer, type ReceivedRequest, startServer } from '../../doubles/server.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type MotoServer, startMoto } from '../support/real/moto.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = { prometheus: await requireServer('prometheus-3'), moto: await requireServer('moto') };

const base = { accessKeyId: 'AKIDBASE', secretAccessKey: 'base-secret', sessionToken: 'base-token' };
const roleArn = 'arn:aws:iam::123456789012:role/prefect-metrics';

describe.skipIf(required.prometheus.missing || required.moto.missing)('a signed tick', () => {
  let prefect: PrefectDouble;
  let prometheus: PrometheusServer;
  let moto: MotoServer;
  let sts: LocalServer;
  let amazon: AmazonPrometheus;
  const known: KnownCredentials[] = [base];

  beforeAll(async () => {
    [prefect, prometheus, moto] = await Promise.all([
      startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock) }),
      startPrometheus(required.prometheus),
      startMoto(required.moto),
    ]);
    // What STS gives away is what the receiver will take: as in one account.
    sts = await startServer((request) => passToSts(request, moto.url, known));
    amazon = await startAmazonPrometheus({
      region: 'eu-west-1',
      service: 'aps',
      credentials: known,
      workspace: 'ws-1',
      clock,
      writeUrl: new URL(prometheus.writeUrl),
    });
  });

  afterAll(async () => {
    await Promise.all([prefect, prometheus, moto, sts, amazon].map((server) => server?.stop()));
  });

  afterEach(() => vi.unstubAllEnvs());

  /** An exporter as the programs wire it, in a process with these credentials. */
  function signingExporter(workspace: string, more: Record<string, string> = {}, own = base) {
    vi.stubEnv('AWS_ACCESS_KEY_ID', own.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', own.secretAccessKey);
    vi.stubEnv('AWS_SESSION_TOKEN', own.sessionToken);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url.origin);
    return makeExporter({
      PREFECT_API_URL: prefect.apiUrl,
      REMOTE_WRITE_URL: amazon.remoteWriteUrl.href,
      REMOTE_WRITE_SIGV4: 'true',
      AWS_REGION: 'eu-west-1',
      WORKSPACE: workspace,
      ...more,
    });
  }

  const minuteMs = 60_000;
  /** The start of a minute, that many minutes ago. */
  const minutesAgo = (minutes: number): number => (Math.floor(clock.now() / minuteMs) - minutes) * minuteMs;

  /** Series that Prometheus has now. */
  const stored = async (workspace: string): Promise<number> => {
    const [count] = await prometheus.queryInstant(`count({workspace="${workspace}"})`, clock.now());
    return count?.value ?? 0;
  };

  test('is verified, and its samples are in Prometheus', async () => {
    const report = await tickReport(signingExporter('signed'), clock.now());
    expect(report).toMatchObject({ outcome: 'pushed', problems: [] });
    expect(report.series).toBeGreaterThan(60);
    expect(await stored('signed')).toBe(report.series);
  });

  test('with another secret stores nothing, and says so', async () => {
    const other = { ...base, secretAccessKey: 'other-secret' };
    const report = await tickReport(signingExporter('refused', {}, other), clock.now());
    expect(report).toMatchObject({
      outcome: 'failed',
      problems: [{ slug: 'receiver-token-refused', found: expect.stringContaining('does not match') }],
    });
    expect(await stored('refused')).toBe(0);
  });

  test('for a workspace that is not there names it', async () => {
    const REMOTE_WRITE_URL = amazon.remoteWriteUrl.href.replace('ws-1', 'ws-2');
    const report = await tickReport(signingExporter('elsewhere', { REMOTE_WRITE_URL }), clock.now());
    expect(report.problems).toMatchObject([{ slug: 'receiver-workspace' }]);
  });

  test('assumes a role once, and signs with its credentials', async () => {
    const before = amazon.requests.length;
    const exporter = signingExporter('role', {
      REMOTE_WRITE_SIGV4_ROLE_ARN: roleArn,
      INTERVAL_SECONDS: '240',
    });
    expect(await tickReport(exporter, minutesAgo(1))).toMatchObject({ outcome: 'pushed' });
    expect(await tickReport(exporter, minutesAgo(0))).toMatchObject({ outcome: 'pushed' });
    expect(await stored('role')).toBeGreaterThan(60);
    const [assumed, ...others] = sts.requests;
    expect(others).toEqual([]);
    expect(Object.fromEntries(new URLSearchParams(assumed?.body.toString()))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: roleArn,
      RoleSessionName: 'prefect-push-exporter',
    });
    expect(assumed?.headers.authorization).toContain('Credential=AKIDBASE/');
    expect(assumed?.headers.authorization).toContain('/eu-west-1/sts/');
    const keys = amazon.requests
      .slice(before)
      .map((one) => /Credential=(\w+)/.exec(one.headers.authorization ?? '')?.[1]);
    expect(new Set(keys)).toEqual(new Set([known.at(-1)?.accessKeyId]));
    expect(known).toHaveLength(2);
  });

  test('assumes the role again when its session has ended', async () => {
    const exporter = signingExporter('again', {
      REMOTE_WRITE_SIGV4_ROLE_ARN: roleArn,
      INTERVAL_SECONDS: '240',
    });
    expect(await tickReport(exporter, minutesAgo(1))).toMatchObject({ outcome: 'pushed' });
    const ended = known.pop();
    if (ended === undefined) throw new Error('no role was assumed');
    known.push({ ...ended, expired: true });
    expect(await tickReport(exporter, minutesAgo(0))).toMatchObject({ outcome: 'pushed', problems: [] });
    expect(known.at(-1)?.accessKeyId).not.toBe(ended.accessKeyId);
  });

  test('without leave to assume the role says which, and sends nothing', async () => {
    const before = amazon.requests.length;
    sts.faults.when(() => ({
      kind: 'status',
      status: 403,
      headers: { 'content-type': 'text/xml' },
      body: notAllowed,
    }));
    const report = await tickReport(
      signingExporter('denied', { REMOTE_WRITE_SIGV4_ROLE_ARN: roleArn }),
      clock.now(),
    );
    sts.faults.clear();
    expect(report).toMatchObject({
      outcome: 'failed',
      problems: [
        {
          slug: 'receiver-aws-credentials',
          found: expect.stringContaining('not authorized to perform: sts:AssumeRole'),
        },
      ],
    });
    expect(amazon.requests).toHaveLength(before);
  });
});

const notAllowed = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/base is not authorized to perform: sts:AssumeRole on resource: ${roleArn}</Message></Error></ErrorResponse>`;

/** moto's answer; what credentials it holds the receiver knows from then on. */
async function passToSts(
  { method, path, headers, body }: ReceivedRequest,
  url: URL,
  known: KnownCredentials[],
) {
  const { host: _, connection: __, 'content-length': ___, expect: ____, ...passed } = headers;
  const answer = await fetch(new URL(path, url), { method, headers: passed, body: new Uint8Array(body) });
  const text = await answer.text();
  const field = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1] ?? '';
  known.push({
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
  });
  return { status: answer.status, headers: { 'content-type': 'text/xml' }, body: text };
}
