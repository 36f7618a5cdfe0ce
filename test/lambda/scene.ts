// The built function between doubles of Prefect, of a receiver and of S3.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import {
  type PrefectDouble,
  type PrefectDoubleOptions,
  startPrefectDouble,
} from '../../doubles/prefect/api.ts';
import { type Receiver, startReceiver } from '../../doubles/receiver/receiver.ts';
import { type S3Double, startS3Double } from '../../doubles/s3/s3.ts';
import type { ReceivedRequest } from '../../doubles/server.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { buildForTest, unpack } from '../support/bundle.ts';
import { type Lambda, type LambdaOptions, startLambda } from '../support/lambda.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';

/** Builds the bundle once for a test file. The function answers where it was unpacked. */
export function useBundle(name: string): () => string {
  let taskRoot = '';
  beforeAll(async () => {
    taskRoot = await unpack((await buildForTest(name)).zipFile);
  });
  afterAll(() => rm(taskRoot, { recursive: true }));
  return () => taskRoot;
}

export interface Surroundings {
  readonly prefect: PrefectDouble;
  readonly receiver: Receiver;
  readonly s3: S3Double;
  /** What a function needs to find them. */
  readonly env: Readonly<Record<string, string>>;
}

/** Ends with the test. */
export async function startSurroundings(
  prefectOptions: Partial<PrefectDoubleOptions> = {},
): Promise<Surroundings> {
  const workspace = ordinaryWorkspace(clock);
  const prefect = await startPrefectDouble({ clock, workspace, ...prefectOptions });
  const receiver = await startReceiver();
  const s3 = await startS3Double({ buckets: ['ledgers'] });
  onTestFinished(async () => {
    await Promise.all([prefect.stop(), receiver.stop(), s3.stop()]);
  });
  const env = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    STORE: 's3://ledgers/prod/ledger.json.gz',
    S3_ENDPOINT: s3.url.href,
    WORKSPACE: 'production',
    // Ticks of the last minutes are not late with this one.
    INTERVAL_SECONDS: '240',
  };
  return { prefect, receiver, s3, env };
}

/** A process of the function; it ends with the test. */
export async function startFunction(
  options: Pick<LambdaOptions, 'taskRoot' | 'env'> & Partial<LambdaOptions>,
): Promise<Lambda> {
  const lambda = await startLambda({ handler: 'index.handler', timeoutMs: 20_000, ...options });
  onTestFinished(lambda.stop);
  return lambda;
}

/** The event of our schedule for the start of a minute, that many minutes ago. */
export function eventAgo(minutes: number): { readonly scheduledTime: string } {
  const ms = (Math.floor(clock.now() / 60_000) - minutes) * 60_000;
  return { scheduledTime: new Date(ms + 3_000).toISOString() };
}

export interface Line {
  readonly message: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

/** What a function wrote, one object a line, as soon as there are as many; fails where a line is not JSON. */
export async function linesOf(lambda: Lambda, count: number): Promise<Line[]> {
  const all = () => lambda.logs().split('\n').filter(Boolean);
  await expect.poll(() => all().length).toBeGreaterThanOrEqual(count);
  return all().map((line) => JSON.parse(line));
}

/** The bodies of what was sent, to be compared. */
export const bodiesOf = (requests: readonly ReceivedRequest[]): string[] =>
  requests.map(({ body }) => body.toString('base64'));
