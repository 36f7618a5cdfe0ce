import { describe, expect, it } from 'vitest';
import { type AwsCredentials, createCredentialCache } from '../../lib/http/aws-credentials.ts';
import { createFakeClock } from '../support/clock.ts';

/** Credentials that last an hour, numbered; asking for them fails, or never ends. */
function createSource({ lastingMs }: { lastingMs: number | undefined } = { lastingMs: 3_600_000 }) {
  const clock = createFakeClock();
  const source = { asked: 0, fail: false, hang: false };
  const load = async (): Promise<AwsCredentials> => {
    source.asked += 1;
    if (source.hang) await new Promise<never>(() => undefined);
    if (source.fail) throw new Error('Throttling');
    const expiration = lastingMs === undefined ? undefined : new Date(clock.now() + lastingMs);
    return { accessKeyId: `key ${source.asked}`, secretAccessKey: 'secret', expiration };
  };
  return { clock, source, cache: createCredentialCache({ load, clock }) };
}

const minutes = (count: number): number => count * 60_000;

describe('credentials', () => {
  it('are renewed five minutes before their end, and nobody waits for it', async () => {
    const { clock, source, cache } = createSource();
    const first = await cache.current();
    await clock.advance(minutes(54.9));
    expect(await cache.current()).toBe(first);
    expect(source.asked).toBe(1);
    await clock.advance(minutes(0.2));
    expect(await cache.current()).toBe(first);
    await clock.advance(0);
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

  it('that have expired are waited for', async () => {
    const { clock, cache } = createSource();
    await cache.current();
    await clock.advance(minutes(60));
    expect((await cache.current()).accessKeyId).toBe('key 2');
  });

  it('are asked for again after a failure', async () => {
    const { source, cache } = createSource();
    source.fail = true;
    await expect(cache.current()).rejects.toThrow('Throttling');
    source.fail = false;
    expect((await cache.current()).accessKeyId).toBe('key 2');
  });

  it('that will do are not asked for again at once when that failed', async () => {
    const { clock, source, cache } = createSource();
    await cache.current();
    source.fail = true;
    await clock.advance(minutes(56));
    for (let requests = 0; requests < 10; requests += 1) {
      await cache.current();
      await clock.advance(4_000);
    }
    expect(source.asked).toBe(2);
    await clock.advance(minutes(0.5));
    await cache.current();
    expect(source.asked).toBe(3);
  });

  it('that never last five minutes are not asked for with each request', async () => {
    const { clock, source, cache } = createSource({ lastingMs: minutes(4) });
    for (let requests = 0; requests < 10; requests += 1) {
      await cache.current();
      await clock.advance(4_000);
    }
    expect(source.asked).toBe(1);
    await clock.advance(minutes(0.5));
    await cache.current();
    await clock.advance(0);
    expect((await cache.current()).accessKeyId).toBe('key 2');
  });
});

describe('a source that does not answer', () => {
  it('holds nobody up who has credentials', async () => {
    const { clock, source, cache } = createSource();
    const first = await cache.current();
    source.hang = true;
    await clock.advance(minutes(57));
    expect(await cache.current()).toBe(first);
    await clock.advance(minutes(1));
    expect(await cache.current()).toBe(first);
    expect(source.asked).toBe(3);
  });

  it('is given up, and asked again', async () => {
    const { clock, source, cache } = createSource();
    source.hang = true;
    const waiting = expect(cache.current()).rejects.toThrow('does not answer within 15000 ms');
    await clock.advance(15_000);
    await waiting;
    expect(clock.pending()).toBe(0);
    source.hang = false;
    expect((await cache.current()).accessKeyId).toBe('key 2');
  });

  it('is asked again after a freeze, in which its time limit stood still', async () => {
    const { clock, source, cache } = createSource();
    source.hang = true;
    cache.current().catch(() => undefined);
    clock.setNow(clock.now() + minutes(10));
    source.hang = false;
    expect((await cache.current()).accessKeyId).toBe('key 2');
  });
});

describe('credentials that were refused', () => {
  it('are replaced, once for however many say so', async () => {
    const { source, cache } = createSource();
    const first = await cache.current();
    const [a, b] = await Promise.all([cache.renew(first), cache.renew(first)]);
    expect(a).toBe(b);
    expect(await cache.renew(first)).toBe(a);
    expect(await cache.current()).toBe(a);
    expect(source.asked).toBe(2);
  });

  it('are kept for a while when asking for others fails', async () => {
    const { source, cache } = createSource();
    const first = await cache.current();
    source.fail = true;
    await expect(cache.renew(first)).rejects.toThrow('Throttling');
    expect(await cache.renew(first)).toBe(first);
    expect(source.asked).toBe(2);
  });

  it('that come late do not replace those that were asked for after them', async () => {
    const clock = createFakeClock();
    const startedMs = clock.now();
    const waiting: ((credentials: AwsCredentials) => void)[] = [];
    const load = () => new Promise<AwsCredentials>((resolve) => waiting.push(resolve));
    const answer = (index: number, afterMinutes: number) =>
      waiting[index]?.({
        ...{ accessKeyId: `key ${index + 1}`, secretAccessKey: 'secret' },
        expiration: new Date(startedMs + minutes(afterMinutes)),
      });
    const cache = createCredentialCache({ load, clock });
    const first = cache.current();
    answer(0, 4);
    await first;
    // Both renewals begin behind what is kept; the first one is held up, as in a process that was frozen.
    for (const afterMinutes of [1, 2]) {
      clock.setNow(startedMs + minutes(afterMinutes));
      await cache.current();
    }
    answer(2, 60);
    await clock.advance(0);
    answer(1, 3);
    await clock.advance(0);
    expect((await cache.current()).accessKeyId).toBe('key 3');
  });

  it('are not asked for with each request where there are no others', async () => {
    const clock = createFakeClock();
    let asked = 0;
    const load = async (): Promise<AwsCredentials> => {
      asked += 1;
      return { accessKeyId: 'the same', secretAccessKey: 'secret' };
    };
    const cache = createCredentialCache({ load, clock });
    for (let requests = 0; requests < 10; requests += 1) {
      await cache.renew(await cache.current());
      await clock.advance(4_000);
    }
    expect(asked).toBe(2);
    await clock.advance(minutes(0.5));
    await cache.renew(await cache.current());
    expect(asked).toBe(3);
  });
});
