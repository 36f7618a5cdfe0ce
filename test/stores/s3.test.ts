import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../doubles/faults.ts';
import { failure, mismatch, type S3Double, startS3Double } from '../../doubles/s3/s3.ts';
import { systemClock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import { type Store, StoreConflictError, StoreError, StoreUnclearError } from '../../lib/stores/store.ts';
import { wholeOf } from '../http/fixtures.ts';
import { createFakeClock } from '../support/clock.ts';

const key = 'prod/ledger.json.gz';
const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' };
const body = Buffer.from('one');

let s3: S3Double;
let store: Store;
let version: string;

/** The clock of the machine, with waits between two tries that take no time. */
const clock = { ...systemClock, sleep: () => Promise.resolve() };
const soon = () => deadlineIn(20_000, clock);

const storeAt = (endpoint: URL, options = {}) =>
  createS3Store({ bucket: 'ledgers', key, endpoint, region: 'eu-west-1', credentials, clock, ...options });

beforeEach(async () => {
  s3 = await startS3Double({ buckets: ['ledgers'] });
  store = storeAt(s3.url);
  version = await store.save(body, undefined, soon());
  return async () => {
    await store.close();
    await s3.stop();
  };
});

const status = (code: number, name: string, message = name, headers = {}): Fault => {
  const { body: xml, headers: type } = failure(code, name, message);
  return { kind: 'status', status: code, body: xml, headers: { ...type, ...headers } };
};

const errorOf = async (promise: Promise<unknown>): Promise<StoreError> => {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason) => reason,
  );
  if (!(error instanceof StoreError)) throw error;
  return error;
};

const methods = () => s3.requests.slice(1).map(({ method }) => method);

describe('a request', () => {
  it('names the object by path, carries the condition, and says what the bytes are', async () => {
    const [created] = s3.requests;
    expect(created).toMatchObject({ method: 'PUT', path: '/ledgers/prod/ledger.json.gz?x-id=PutObject' });
    expect(created?.headers).toMatchObject({
      'if-none-match': '*',
      'content-type': 'application/gzip',
      'content-length': '3',
    });
    expect(created?.headers).not.toHaveProperty('content-encoding');
    expect(created?.headers).not.toHaveProperty('x-amz-checksum-crc32');
    expect(created?.headers).not.toHaveProperty('expect');
    await store.save(Buffer.from('two'), version, soon());
    expect(s3.requests[1]?.headers).toMatchObject({ 'if-match': version });
    expect(s3.requests[1]?.headers).not.toHaveProperty('if-none-match');
  });

  it('of a large document asks for no leave either', async () => {
    await store.save(Buffer.alloc(5_000_000), version, soon());
    expect(s3.requests[1]?.headers).not.toHaveProperty('expect');
    expect(s3.connections()).toBe(1);
  });
});

describe('a save', () => {
  it.each<[string, Fault]>([
    ['no answer', { kind: 'reset-before-answer', handled: true }],
    ['500', status(500, 'InternalError')],
    ['503 SlowDown', status(503, 'SlowDown', 'Please reduce your request rate.')],
    ['429', status(429, 'TooManyRequests')],
    ['a timeout of S3', status(400, 'RequestTimeout')],
  ])('that got %s is unclear, and is not sent again', async (_, fault) => {
    s3.faults.next(1, fault);
    expect(await errorOf(store.save(Buffer.from('two'), version, soon()))).toBeInstanceOf(StoreUnclearError);
    expect(methods()).toEqual(['PUT']);
    // What the caller does then.
    const now = await store.load(soon());
    await store.save(Buffer.from('three'), now?.version, soon());
  });

  it.each<[string, Fault, string]>([
    [
      '409',
      status(409, 'ConditionalRequestConflict'),
      'somebody else writes or removes the document at the same moment',
    ],
    ['412', status(412, 'PreconditionFailed'), 'somebody else wrote the document since it was loaded'],
    ['404', status(404, 'NoSuchKey'), 'somebody else removed the document since it was loaded'],
  ])('that got %s is a conflict', async (_, fault, what) => {
    s3.faults.next(1, fault);
    const error = await errorOf(store.save(Buffer.from('two'), version, soon()));
    expect(error).toBeInstanceOf(StoreConflictError);
    expect(error.message).toBe(`s3://ledgers/${key}: ${what}`);
    expect(methods()).toEqual(['PUT']);
  });

  it('whose answer does not come is unclear at the deadline', async () => {
    const fake = createFakeClock();
    const late = storeAt(s3.url, { clock: fake });
    onTestFinished(() => late.close());
    s3.faults.next(1, { kind: 'hang' });
    const error = errorOf(late.save(Buffer.from('two'), version, deadlineIn(3_000, fake)));
    await s3.received(2);
    await fake.advance(3_000);
    expect(await error).toBeInstanceOf(StoreUnclearError);
    expect((await error).message).toContain('not done within 3000 ms, the time that was left');
  });

  it('whose answer does not come is unclear after the time for one request', async () => {
    const fake = createFakeClock();
    const late = storeAt(s3.url, { clock: fake, timeoutMs: 2_000 });
    onTestFinished(() => late.close());
    s3.faults.next(1, { kind: 'hang' });
    const error = errorOf(late.save(Buffer.from('two'), version, deadlineIn(60_000, fake)));
    await s3.received(2);
    await fake.advance(2_000);
    expect((await error).message).toBe(`s3://ledgers/${key}: not done within 2000 ms`);
  });

  it('that hung is no reason for the next one to wait', async () => {
    const fake = createFakeClock();
    // Credentials that never come: the SDK has everybody wait for the first who asked.
    let asked = 0;
    const slow = () => {
      asked += 1;
      return asked === 1 ? new Promise<never>(() => undefined) : Promise.resolve(credentials);
    };
    const late = storeAt(s3.url, { clock: fake, timeoutMs: 2_000, credentials: slow });
    onTestFinished(() => late.close());
    const error = errorOf(late.load(deadlineIn(2_000, fake)));
    await fake.advance(2_000);
    expect((await error).reason).toBe('timeout');
    expect(await late.load(deadlineIn(2_000, fake))).toMatchObject({ version });
  });

  it('that nobody took the connection of was not written', async () => {
    // A connection that is kept would have ended under the request.
    await store.close();
    await s3.stop();
    const error = await errorOf(store.save(Buffer.from('two'), version, soon()));
    expect(error).not.toBeInstanceOf(StoreUnclearError);
    expect(error).toMatchObject({ reason: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('a load', () => {
  it.each<[string, Fault]>([
    ['no answer', { kind: 'reset-before-answer' }],
    ['half an answer', { kind: 'reset-mid-body' }],
    ['fewer bytes than announced', { kind: 'wrong-content-length' }],
    ['500', status(500, 'InternalError')],
    ['503 SlowDown', status(503, 'SlowDown')],
  ])('that got %s is tried again, at most twice', async (_, fault) => {
    s3.faults.next(2, fault);
    expect(await store.load(soon())).toMatchObject({ version });
    s3.faults.next(3, fault);
    expect(await errorOf(store.load(soon()))).toMatchObject({ name: 'StoreError', reason: 'unreachable' });
    expect(methods()).toEqual(Array.from({ length: 6 }, () => 'GET'));
  });

  it('ends at the deadline, also where half a body came', async () => {
    for (const kind of ['hang', 'hang-mid-body'] as const) {
      const fake = createFakeClock();
      const late = storeAt(s3.url, { clock: fake });
      onTestFinished(() => late.close());
      s3.faults.next(1, { kind });
      const before = s3.requests.length;
      const error = errorOf(late.load(deadlineIn(3_000, fake)));
      await s3.received(before + 1);
      await fake.advance(3_000);
      expect(await error).toMatchObject({ name: 'StoreError', reason: 'timeout' });
    }
  });

  it('that has no time for another try says why the one before failed', async () => {
    const fake = createFakeClock();
    const late = storeAt(s3.url, { clock: { ...fake, sleep: () => Promise.resolve() } });
    onTestFinished(() => late.close());
    s3.faults.next(1, status(503, 'SlowDown', 'Please reduce your request rate.'));
    s3.faults.next(1, { kind: 'hang' });
    const error = errorOf(late.load(deadlineIn(3_000, fake)));
    await s3.received(3);
    await fake.advance(3_000);
    expect((await error).message).toBe(
      `s3://ledgers/${key}: S3 answers 503 SlowDown to GetObject: Please reduce your request rate.`,
    );
  });

  it('of something that is not S3 is no document that is not there', async () => {
    s3.faults.next(1, { kind: 'html', status: 404 });
    expect(await errorOf(store.load(soon()))).toMatchObject({ reason: 'other' });
  });
});

describe('an answer that means a setting', () => {
  const place = `s3://ledgers/${key}`;

  it.each<[string, Fault, string, string, string]>([
    [
      'a key that does not exist',
      status(403, 'InvalidAccessKeyId'),
      'denied',
      'S3 does not accept the credentials (InvalidAccessKeyId)',
      'S3 does not accept the credentials (InvalidAccessKeyId)',
    ],
    [
      'a token of yesterday',
      status(400, 'ExpiredToken', 'The provided token has expired.'),
      'denied',
      'S3 does not accept the credentials (ExpiredToken)',
      'S3 does not accept the credentials (ExpiredToken)',
    ],
    [
      'a wrong clock',
      status(403, 'RequestTimeTooSkewed'),
      'denied',
      'S3 refuses the request because the clock of this machine is wrong',
      'S3 refuses the request because the clock of this machine is wrong',
    ],
    [
      'no bucket',
      status(404, 'NoSuchBucket', 'The specified bucket does not exist'),
      'not-found',
      'there is no bucket "ledgers"',
      'there is no bucket "ledgers"',
    ],
    [
      'a bucket elsewhere',
      status(301, 'PermanentRedirect', 'Use the other endpoint', { 'x-amz-bucket-region': 'us-west-2' }),
      'other',
      'the bucket "ledgers" is in the region us-west-2, which AWS_REGION does not name',
      'the bucket "ledgers" is in the region us-west-2, which AWS_REGION does not name',
    ],
    [
      'a signature for another region',
      status(400, 'AuthorizationHeaderMalformed', "the region 'eu-west-1' is wrong; expecting 'us-west-2'"),
      'other',
      'the bucket "ledgers" is in the region us-west-2, which AWS_REGION does not name',
      'the bucket "ledgers" is in the region us-west-2, which AWS_REGION does not name',
    ],
    [
      'no conditional writes',
      status(501, 'NotImplemented'),
      'other',
      'this S3 server has no conditional writes, and without them two writers would overwrite each other',
      'this S3 server has no conditional writes, and without them two writers would overwrite each other',
    ],
  ])('%s', async (_, fault, reason, reading, writing) => {
    s3.faults.next(2, fault);
    const read = await errorOf(store.load(soon()));
    expect(read).toMatchObject({ name: 'StoreError', reason, message: `${place}: ${reading}` });
    const write = await errorOf(store.save(Buffer.from('two'), version, soon()));
    expect(write).toMatchObject({ name: 'StoreError', reason, message: `${place}: ${writing}` });
    expect(methods()).toEqual(['GET', 'PUT']);
    expect(`${read.message} ${write.message}`).not.toContain(credentials.secretAccessKey);
  });
});

it('shows nothing of a request that was signed with a wrong key, which S3 repeats', async () => {
  const sessionToken = `IQoJb3JpZ2luX2Vj${'A/b+c0'.repeat(40)}==`;
  const wrong = storeAt(s3.url, { credentials: { ...credentials, sessionToken } });
  onTestFinished(() => wrong.close());
  s3.faults.when((request) => ({ kind: 'status', ...mismatch(request) }));
  const errors = [await errorOf(wrong.load(soon())), await errorOf(wrong.save(body, undefined, soon()))];
  expect(s3.requests.at(-1)?.headers['x-amz-security-token']).toBe(sessionToken);
  for (const error of errors) {
    expect(error.message).toContain('S3 does not accept the credentials (SignatureDoesNotMatch)');
    expect(error.cause).toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(wholeOf(error)).not.toMatch(/IQoJb3JpZ2luX2Vj|CanonicalRequest|x-amz-date/);
  }
});

describe('without s3:ListBucket', () => {
  const object = `arn:aws:s3:::ledgers/${key}`;

  beforeEach(() => {
    s3.permissions.list = false;
  });

  const remove = async () => {
    s3.permissions.list = true;
    await store.remove(soon());
    s3.permissions.list = false;
    return s3.requests.length;
  };
  const since = (before: number) => s3.requests.slice(before).map(({ method }) => method);

  it.each([true, false])(
    'a document that is not there is made (refusals that say what: %s)',
    async (named) => {
      s3.permissions.named = named;
      const before = await remove();
      expect(await store.load(soon())).toBeUndefined();
      expect(store.doubt()?.message).toBe(
        `s3://ledgers/${key}: S3 answers 403 to GetObject: the document is not there yet, or s3:GetObject on ${object} is not allowed; without s3:ListBucket on arn:aws:s3:::ledgers it does not say which`,
      );
      await store.save(body, undefined, soon());
      expect(since(before)).toEqual(['GET', 'PUT']);
      expect(s3.requests.at(-1)?.headers['if-none-match']).toBe('*');
      expect(store.doubt()).toBeUndefined();
    },
  );

  it('and without leave to read, what is there is not overwritten, and the permission is named', async () => {
    s3.permissions.get = false;
    const before = s3.requests.length;
    expect(await store.load(soon())).toBeUndefined();
    const error = await errorOf(store.save(Buffer.from('two'), undefined, soon()));
    expect(error).not.toBeInstanceOf(StoreConflictError);
    expect(error).toMatchObject({
      reason: 'denied',
      message: `s3://ledgers/${key}: there is a document, and S3 does not allow s3:GetObject on ${object}`,
    });
    expect(since(before)).toEqual(['GET', 'PUT', 'GET']);
    expect(s3.objects.get(`ledgers/${key}`)).toEqual(body);
  });

  it('a document that somebody else made meanwhile is a conflict, and no doubt is left', async () => {
    await remove();
    expect(await store.load(soon())).toBeUndefined();
    const other = storeAt(s3.url);
    onTestFinished(() => other.close());
    const theirs = await other.save(Buffer.from('theirs'), undefined, soon());
    expect(await errorOf(store.save(body, undefined, soon()))).toBeInstanceOf(StoreConflictError);
    expect(store.doubt()).toBeUndefined();
    expect(await store.load(soon())).toMatchObject({ version: theirs });
  });

  it.each<[string, Fault]>([
    ['409, which says nothing of what is there', status(409, 'ConditionalRequestConflict')],
    ['404', status(404, 'NoSuchKey')],
  ])('a save in doubt that got %s is a conflict', async (_, fault) => {
    const before = await remove();
    await store.load(soon());
    s3.faults.next(1, fault);
    expect(await errorOf(store.save(body, undefined, soon()))).toBeInstanceOf(StoreConflictError);
    expect(since(before)).toEqual(['GET', 'PUT']);
  });

  it('a second look that fails leaves the conflict as it is', async () => {
    s3.permissions.get = false;
    await store.load(soon());
    s3.faults.when(({ method }) => (method === 'GET' ? status(400, 'ExpiredToken') : undefined));
    expect(await errorOf(store.save(body, undefined, soon()))).toBeInstanceOf(StoreConflictError);
  });

  it('a document that was removed behind our back is a conflict, and then made again', async () => {
    await remove();
    const error = await errorOf(store.save(Buffer.from('two'), version, soon()));
    expect(error).toBeInstanceOf(StoreConflictError);
    expect(error.message).toBe(
      `s3://ledgers/${key}: somebody else removed the document since it was loaded, or it may not be read and written any more`,
    );
    expect(await store.load(soon())).toBeUndefined();
    await store.save(Buffer.from('two'), undefined, soon());
  });

  it('permissions that are taken away later are told at the next save, or at once where S3 names them', async () => {
    Object.assign(s3.permissions, { get: false, put: false });
    const error = await errorOf(store.save(Buffer.from('two'), version, soon()));
    expect(error.message).toContain('or it may not be read and written any more');
    expect(await store.load(soon())).toBeUndefined();
    const denied = `s3://ledgers/${key}: S3 does not allow s3:PutObject on ${object}`;
    expect((await errorOf(store.save(Buffer.from('two'), undefined, soon()))).message).toBe(denied);

    s3.permissions.named = true;
    const before = s3.requests.length;
    const named = await errorOf(store.save(Buffer.from('two'), version, soon()));
    expect(named).toMatchObject({ reason: 'denied', message: denied });
    expect(since(before)).toEqual(['PUT']);
  });

  it('removing what may not be there is refused', async () => {
    await remove();
    expect(await errorOf(store.remove(soon()))).toMatchObject({ reason: 'denied' });
  });

  it.each([
    [
      's3:ListBucket on resource: "arn:aws:s3:::ledgers" with an explicit deny in a resource-based policy',
      true,
    ],
    ['s3:GetObject on resource: "x" with an explicit deny in a resource-based policy', false],
  ])('a refusal of %s leaves a doubt: %s', async (what, leavesDoubt) => {
    const message = `User: arn:aws:iam::1:user/u is not authorized to perform: ${what}`;
    s3.faults.next(1, status(403, 'AccessDenied', message));
    const outcome = await store.load(soon()).catch(({ reason }: StoreError) => reason);
    expect(outcome).toBe(leavesDoubt ? undefined : 'denied');
    expect(store.doubt() !== undefined).toBe(leavesDoubt);
  });

  it('a refusal that names s3:GetObject is one at once', async () => {
    Object.assign(s3.permissions, { get: false, named: true });
    expect(await errorOf(store.load(soon()))).toMatchObject({
      reason: 'denied',
      message: `s3://ledgers/${key}: S3 does not allow s3:GetObject on ${object}`,
    });
    expect(store.doubt()).toBeUndefined();
  });
});

describe('a permission that is missing', () => {
  const object = `arn:aws:s3:::ledgers/${key}`;
  const place = `s3://ledgers/${key}`;

  it.each([true, false])('to write is named (refusals that say what: %s)', async (named) => {
    Object.assign(s3.permissions, { put: false, named });
    const replacing = await errorOf(store.save(Buffer.from('two'), version, soon()));
    const reading = named ? '' : ', or s3:GetObject, which replacing a version takes too';
    expect(replacing).toMatchObject({
      reason: 'denied',
      message: `${place}: S3 does not allow s3:PutObject on ${object}${reading}`,
    });
    const making = await errorOf(store.save(body, undefined, soon()));
    expect(making.message).toBe(`${place}: S3 does not allow s3:PutObject on ${object}`);
  });

  it('to read shows when a version is replaced, too', async () => {
    Object.assign(s3.permissions, { get: false, named: true });
    expect(await errorOf(store.save(Buffer.from('two'), version, soon()))).toMatchObject({
      reason: 'denied',
      message: `${place}: S3 does not allow s3:GetObject on ${object}`,
    });
  });

  it.each([true, false])('on the key of the bucket is one at once, listing allowed: %s', async (list) => {
    Object.assign(s3.permissions, { key: false, list });
    const reading = await errorOf(store.load(soon()));
    expect(reading.reason).toBe('denied');
    expect(reading.message).toMatch(
      /may not use the key of the bucket for GetObject on arn:\S+: .*kms:Decrypt/,
    );
    const writing = await errorOf(store.save(body, undefined, soon()));
    expect(writing.message).toMatch(/for PutObject on arn:\S+: .*kms:GenerateDataKey/);
    expect(store.doubt()).toBeUndefined();
  });

  it('to write is not taken for one on a key because of the name of the bucket', async () => {
    const named = await startS3Double({ buckets: ['acme-kms-ledgers'], put: false, named: true });
    const other = createS3Store({
      bucket: 'acme-kms-ledgers',
      key,
      endpoint: named.url,
      region: 'eu-west-1',
      credentials,
      clock,
    });
    onTestFinished(() => Promise.all([other.close(), named.stop()]).then(() => undefined));
    const error = await errorOf(other.save(body, undefined, soon()));
    expect(error.message).toContain('S3 does not allow s3:PutObject on arn:aws:s3:::acme-kms-ledgers/');
  });
});
