import { beforeEach, describe, expect, it } from 'vitest';
import { parseSecretArn, type SecretArn } from '../../lib/config/secret-arn.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { Problem } from '../../lib/problem.ts';
import { createCachedSecrets, type Secrets } from '../../lib/secrets/cached-secrets.ts';
import { SecretError } from '../../lib/secrets/errors.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { secretArn } from './double-place.ts';

const arnOf = (name: string): SecretArn => {
  const arn = parseSecretArn(secretArn(name));
  if (arn === undefined) throw new Error('no ARN');
  return arn;
};
const [one, two] = [arnOf('one'), arnOf('two')];

let clock: FakeClock;
let warnings: Problem[];
let reads: string[];
let patience: (string | undefined)[];
/** What the next reading resolves with, or an error. */
let next: () => Promise<string>;
let secrets: Secrets;

const failure = () =>
  new SecretError({ slug: 'secret-failed', message: 'It fails.', found: '500', do: 'wait' }, true);

beforeEach(() => {
  clock = createFakeClock();
  warnings = [];
  reads = [];
  patience = [];
  next = async () => `value ${reads.length}`;
  secrets = createCachedSecrets({
    clock,
    warn: (problem) => warnings.push(problem),
    read: async ({ arn }, _deadline, how) => {
      reads.push(arn);
      patience.push(how);
      return next();
    },
  });
});

const get = (arn = one) => secrets.get(arn, deadlineIn(10_000, clock));
const getAnew = (arn = one) => secrets.getAnew(arn, deadlineIn(10_000, clock));

describe('a value', () => {
  it('is kept for five minutes', async () => {
    expect(await get()).toBe('value 1');
    await clock.advance(299_999);
    expect(await get()).toBe('value 1');
    await clock.advance(1);
    expect(await get()).toBe('value 2');
    expect(await get()).toBe('value 2');
  });

  it('is waited for longer where there is no old one', async () => {
    next = async () => Promise.reject(failure());
    await get().catch(() => undefined);
    next = async () => 'value';
    await get();
    await getAnew();
    await get(two);
    expect(patience).toEqual(['ordinary', 'ordinary', 'little', 'ordinary']);
  });

  it('is kept for each ARN by itself', async () => {
    expect([await get(one), await get(two)]).toEqual(['value 1', 'value 2']);
    expect([await get(one), await get(two)]).toEqual(['value 1', 'value 2']);
  });

  it('is read again after the clock was set back', async () => {
    await get();
    clock.setNow(clock.now() - 60_000);
    expect(await get()).toBe('value 2');
  });

  it('is read once for all who ask at the same time, also anew', async () => {
    const answers = await Promise.all([get(), get(), getAnew(), get(two)]);
    expect(answers.slice(0, 3)).toEqual([answers[0], answers[0], answers[0]]);
    expect(reads).toEqual([one.arn, two.arn]);
  });

  it('that is asked for anew counts as the present one for five minutes', async () => {
    await get();
    await clock.advance(200_000);
    expect(await getAnew()).toBe('value 2');
    await clock.advance(200_000);
    expect(await get()).toBe('value 2');
  });
});

describe('a value that cannot be read again', () => {
  beforeEach(async () => {
    await get();
    await clock.advance(300_000);
    next = async () => {
      throw failure();
    };
  });

  it('goes on being used, with one warning until it can be', async () => {
    for (let minute = 0; minute < 3; minute += 1) {
      expect(await get()).toBe('value 1');
      await clock.advance(60_000);
    }
    expect(warnings).toEqual([
      {
        slug: 'secret-stale',
        message:
          'A secret could not be read again; its value of 300 s ago goes on being used. secret-failed: It fails.',
        found: '500',
        do: 'wait',
      },
    ]);
    next = async () => 'new';
    expect(await get()).toBe('new');
    await clock.advance(300_000);
    next = async () => {
      throw failure();
    };
    expect(await get()).toBe('new');
    expect(warnings).toHaveLength(2);
  });

  it('is tried once a minute, not with every question', async () => {
    await get();
    await get();
    expect(reads).toHaveLength(2);
    await clock.advance(59_999);
    await get();
    expect(reads).toHaveLength(2);
    await clock.advance(1);
    await get();
    expect(reads).toHaveLength(3);
  });

  it('is used when it is asked for anew, too', async () => {
    expect(await getAnew()).toBe('value 1');
  });

  it('does not hide a defect', async () => {
    next = async () => {
      throw new TypeError('a defect');
    };
    await expect(get()).rejects.toThrow('a defect');
  });
});

it('without an old value an error is an error, and is asked again the next time', async () => {
  next = async () => {
    throw failure();
  };
  await expect(get()).rejects.toBeInstanceOf(SecretError);
  next = async () => 'there';
  expect(await get()).toBe('there');
  expect(warnings).toEqual([]);
});
