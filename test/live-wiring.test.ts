import { beforeEach, describe, expect, it } from 'vitest';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import type { SinkAuth } from '../lib/config/config.ts';
import { ConfigError } from '../lib/config/errors.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createLiveWiring, type LiveWiring } from '../lib/live-wiring.ts';
import { createCachedSecrets } from '../lib/secrets/cached-secrets.ts';
import { SecretError, SecretsError } from '../lib/secrets/errors.ts';
import { createSecretEnvironment } from '../lib/secrets/secret-environment.ts';
import type { SideCredentials } from '../lib/side-credentials.ts';
import { secretArn } from './secrets/double-place.ts';
import { createFakeClock, type FakeClock } from './support/clock.ts';

const arn = secretArn('prod');
const first = {
  PREFECT_API_URL: 'http://prefect:4200/api',
  PREFECT_API_KEY: 'pnu_1',
  REMOTE_WRITE_URL: 'http://receiver/api/v1/write',
  REMOTE_WRITE_USERNAME: 'user 1',
  REMOTE_WRITE_PASSWORD: 'password 1',
};

interface Wired {
  readonly url: string;
  readonly credentials: SideCredentials;
}

let clock: FakeClock;
let content: Record<string, unknown>;
let fails: boolean;
let reads: number;
let wirings: number;
let live: LiveWiring<Wired>;

function open(environment: Readonly<Record<string, string>>): LiveWiring<Wired> {
  const read = async () => {
    reads += 1;
    if (fails) throw new SecretError({ slug: 'secret-failed', message: 'It fails.' }, true);
    return JSON.stringify(content);
  };
  const secrets = createCachedSecrets({ clock, warn: () => undefined, read });
  const options = { readFile: () => '', collectors, sink: 'required', where: 'command-line' } as const;
  return createLiveWiring<Wired>({
    clock,
    environment: createSecretEnvironment({ environment, secrets }),
    parse: (found) => parseConfig(found.environment, { ...options, found }),
    wire: ({ config }, credentials) => {
      wirings += 1;
      return { url: config.prefect.apiUrl.href, credentials };
    },
  });
}

beforeEach(() => {
  clock = createFakeClock();
  content = first;
  fails = false;
  reads = 0;
  wirings = 0;
  live = open({ SECRET_ARN: arn });
});

const soon = () => deadlineIn(10_000, clock);
const now = () => live.current(soon());

const keyOf = ({ credentials }: Wired): string => {
  const auth = credentials.prefect.current();
  return auth.kind === 'key' ? auth.key.reveal() : auth.kind;
};
const pairOf = ({ credentials }: Wired): string => {
  const auth: SinkAuth = credentials.sink.current().auth;
  return auth.kind === 'basic' ? `${auth.username}:${auth.password.reveal()}` : auth.kind;
};
const renewBoth = async ({ credentials }: Wired) => [
  await credentials.prefect.renew(soon()),
  await credentials.sink.renew(soon()),
];

describe('from tick to tick', () => {
  it('the same is wired while nothing changes', async () => {
    const wired = await now();
    await clock.advance(600_000);
    expect(await now()).toBe(wired);
    expect([wirings, reads]).toEqual([1, 2]);
  });

  it('changed credentials are taken over after five minutes, pairs together, and nothing is wired anew', async () => {
    const wired = await now();
    content = { ...first, REMOTE_WRITE_USERNAME: 'user 2', REMOTE_WRITE_PASSWORD: 'password 2' };
    await clock.advance(299_000);
    expect(pairOf(await now())).toBe('user 1:password 1');
    await clock.advance(1_000);
    expect(await now()).toBe(wired);
    expect([keyOf(wired), pairOf(wired)]).toEqual(['pnu_1', 'user 2:password 2']);
  });

  it('another kind of authentication is taken over, too', async () => {
    const wired = await now();
    const { REMOTE_WRITE_USERNAME: _, REMOTE_WRITE_PASSWORD: __, ...rest } = first;
    content = { ...rest, REMOTE_WRITE_BEARER_TOKEN: 'token' };
    await clock.advance(300_000);
    expect(await now()).toBe(wired);
    expect(wired.credentials.sink.current().auth.kind).toBe('bearer');
  });

  it('anything else that changes is wired anew, and the old wiring keeps its credentials', async () => {
    const old = await now();
    content = { ...first, PREFECT_API_URL: 'http://other:4200/api', PREFECT_API_KEY: 'pnu_other' };
    await clock.advance(300_000);
    const wired = await now();
    expect([wired.url, keyOf(wired)]).toEqual(['http://other:4200/api', 'pnu_other']);
    expect([old.url, keyOf(old)]).toEqual(['http://prefect:4200/api', 'pnu_1']);
    expect(wirings).toBe(2);
  });

  it('headers that name another tenant are wired anew, other headers are taken over', async () => {
    content = { ...first, REMOTE_WRITE_HEADERS: '{"X-Key":"1"}' };
    const wired = await now();
    content = { ...first, REMOTE_WRITE_HEADERS: '{"X-Key":"2"}' };
    await clock.advance(300_000);
    expect(await now()).toBe(wired);
    expect({ ...wired.credentials.sink.current().headers }).toEqual({ 'x-key': '2' });
    content = { ...first, REMOTE_WRITE_HEADERS: '{"X-Key":"2","X-Scope-OrgID":"b"}' };
    await clock.advance(300_000);
    expect(await now()).not.toBe(wired);
  });

  it.each([
    ['a value that cannot be used', { ...first, MAX_RETRIES: 'x' }],
    ['a credential that cannot be used', { ...first, PREFECT_API_KEY: 'two words' }],
    ['a key that is no variable', { ...first, PREFECT_APIKEY: 'x' }],
  ])('a secret with %s is an error, until it is mended', async (_, broken) => {
    const wired = await now();
    content = broken;
    await clock.advance(300_000);
    await expect(now()).rejects.toBeInstanceOf(ConfigError);
    await expect(now()).rejects.toBeInstanceOf(ConfigError);
    content = first;
    expect(await now()).toBe(wired);
    expect(await now()).toBe(wired);
    expect(reads).toBe(4);
  });

  it('a secret that cannot be read the first time is an error, and no more once it can be', async () => {
    fails = true;
    await expect(now()).rejects.toBeInstanceOf(SecretsError);
    fails = false;
    expect(keyOf(await now())).toBe('pnu_1');
  });
});

describe('a renewal', () => {
  it('takes over what has changed, at once, for the side that changed', async () => {
    const wired = await now();
    const sink = wired.credentials.sink.current();
    content = { ...first, PREFECT_API_KEY: 'pnu_2' };
    expect(await wired.credentials.prefect.renew(soon())).toBe(true);
    expect(keyOf(wired)).toBe('pnu_2');
    expect(wired.credentials.sink.current()).toBe(sink);
    expect(await now()).toBe(wired);
  });

  it('is false when nothing has changed, or only the other side', async () => {
    const wired = await now();
    expect(await renewBoth(wired)).toEqual([false, false]);
    await clock.advance(60_000);
    content = { ...first, REMOTE_WRITE_PASSWORD: 'password 2' };
    expect(await renewBoth(wired)).toEqual([false, false]);
    expect(pairOf(wired)).toBe('user 1:password 2');
  });

  it('is done at most once in half a minute for each side, so that a wrong key does not hammer', async () => {
    const wired = await now();
    for (let count = 0; count < 10; count += 1) await renewBoth(wired);
    expect(reads).toBe(1 + 2);
    await clock.advance(29_999);
    await renewBoth(wired);
    expect(reads).toBe(1 + 2);
    await clock.advance(1);
    await renewBoth(wired);
    expect(reads).toBe(1 + 4);
  });

  it('is one for all requests that are refused at the same time', async () => {
    const { credentials } = await now();
    content = { ...first, PREFECT_API_KEY: 'pnu_2' };
    const renewals = [1, 2, 3].map(() => credentials.prefect.renew(soon()));
    expect(await Promise.all(renewals)).toEqual([true, true, true]);
    expect(reads).toBe(2);
  });

  it('does not show new credentials to an old address: the next tick is wired anew', async () => {
    const old = await now();
    content = { ...first, PREFECT_API_URL: 'http://other:4200/api', PREFECT_API_KEY: 'pnu_other' };
    expect(await old.credentials.prefect.renew(soon())).toBe(false);
    expect(keyOf(old)).toBe('pnu_1');
    expect(keyOf(await now())).toBe('pnu_other');
  });

  it('is false when the secret cannot be read or used', async () => {
    const wired = await now();
    fails = true;
    expect(await wired.credentials.prefect.renew(soon())).toBe(false);
    fails = false;
    await clock.advance(60_000);
    content = { ...first, PREFECT_API_KEY: 'two words' };
    expect(await wired.credentials.prefect.renew(soon())).toBe(false);
    expect(keyOf(wired)).toBe('pnu_1');
  });

  it('without a secret asks nobody', async () => {
    live = open(first);
    expect(await renewBoth(await now())).toEqual([false, false]);
    expect(reads).toBe(0);
  });
});
