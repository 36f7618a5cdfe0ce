import { describe, expect, it } from 'vitest';
import { type AwsCredentials, createCredentialCache } from '../../lib/http/aws-credentials.ts';
import { createFakeClock } from '../support/clock.ts';

/** Credentials that last an hour, numbered; `fail` makes asking for them fail. */
function createSource({ lastingMs }: { lastingMs: number | undefined } = { lastingMs: 3_600_000 }) {
  const clock = createFakeClock();
  const source = { asked: 0, fail: false };
  const load = async (): Promise<AwsCredentials> => {
    source.asked += 1;
    if (source.fail) throw new Error('Throttling');
    const expiration = lastingMs === undefined ? undefined : new Date(clock.now() + lastingMs);
    return { accessKeyId: `key ${source.asked}`, secretAccessKey: 'secret', expiration };
  };
  return { clock, source, cache: createCredentialCache({ load, clock }) };
}

const minutes = (count: number): number => count * 60_000;

describe('credentials', () => {
  it('are kept until five minutes before their end', async () => {
    const { clock, source, cache } = createSource();
    const first = await cache.current();
    await clock.advance(minutes(54.9));
    expect(await cache.current()).toBe(first);
    await clock.advance(minutes(0.2));
    expect((await cache.current()).accessKeyId).toBe('key 2');
    expect(source.asked).toBe(2);
  });

  it('without an end are kept', async () => {
    const { clock, source, cache } = createSource({ lastingMs: undefined });
    await cache.current();
    await clock.advance(minutes(100_000));
    await cache.current();
    expect(source.asked).toBe(1);
  });

  it('are asked for once, however many want them', async () => {
    const { source, cache } = createSource();
    await Promise.all([cache.current(), cache.current(), cache.current()]);
    expect(source.asked).toBe(1);
  });

  it('are used until their end while no others are to be had, and not after it', async () => {
    const { clock, source, cache } = createSource();
    const first = await cache.current();
    source.fail = true;
    await clock.advance(minutes(58));
    expect(await cache.current()).toBe(first);
    await clock.advance(minutes(2));
    await expect(cache.current()).rejects.toThrow('Throttling');
    source.fail = false;
    expect((await cache.current()).accessKeyId).toBe('key 4');
  });

  it('are asked for again after a failure', async () => {
    const { source, cache } = createSource();
    source.fail = true;
    await expect(cache.current()).rejects.toThrow('Throttling');
    source.fail = false;
    expect((await cache.current()).accessKeyId).toBe('key 2');
  });

  it('that were refused are replaced, once for however many say so', async () => {
    const { source, cache } = createSource();
    const first = await cache.current();
    const [a, b] = await Promise.all([cache.renew(first), cache.renew(first)]);
    expect(a).toBe(b);
    expect(await cache.renew(first)).toBe(a);
    expect(await cache.current()).toBe(a);
    expect(source.asked).toBe(2);
  });
});
