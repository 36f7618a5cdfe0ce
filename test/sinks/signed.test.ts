// Remote write as it is wired for signed requests.
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { decompressSnappy } from '../../doubles/receiver/decode.ts';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { createSessions } from '../../lib/session.ts';
import { parse } from '../config/parsing.ts';
import { gauge, sample } from '../encode/families.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
});
afterEach(() => vi.unstubAllEnvs());

/** Pushes series of a kilobyte each and gives what arrived. */
async function arrived(environment: Readonly<Record<string, string>>) {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const REMOTE_WRITE_URL = receiver.writeUrl.href;
  const { config } = parse({ REMOTE_WRITE_URL, ...environment });
  const session = createSessions(config, clock)(clock.now());
  onTestFinished(() => session.close());
  const even = Array.from({ length: 1_500 }, (_, number) =>
    sample({ number: String(number), text: 'x'.repeat(900) }),
  );
  const samples = toSeriesSamples([gauge('even', even)]);
  const batch = { timestampMs: clock.now(), samples };
  expect(await session.sinkFor('test').push(batch, deadlineIn(20_000, clock))).toMatchObject({
    samplesSent: 1_500,
  });
  return receiver.requests;
}

const sizeOf = ({ body }: { readonly body: Buffer }): number => decompressSnappy(body).byteLength;

describe('a request of remote write', () => {
  it('is signed and has at most 1 MB before compression', async () => {
    const requests = await arrived({ REMOTE_WRITE_SIGV4: 'true', AWS_REGION: 'eu-west-1' });
    expect(requests.map(sizeOf).every((bytes) => bytes <= 1_000_000)).toBe(true);
    expect(requests.length).toBeGreaterThan(1);
    for (const { headers } of requests) {
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDTEST\/\d{8}\/eu-west-1\/aps\//);
    }
  });

  it('is neither otherwise', async () => {
    const requests = await arrived({ AWS_REGION: 'eu-west-1' });
    expect(requests).toHaveLength(1);
    expect(requests.map(sizeOf).every((bytes) => bytes > 1_000_000)).toBe(true);
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });
});
