import { beforeEach, describe, expect, it } from 'vitest';
import { deadlineIn } from '../../lib/deadline.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import { type Credentials, fixedCredentials, renewing } from '../../lib/http/renewing.ts';
import type { HttpRequest, Send } from '../../lib/http/send.ts';
import { createFakeClock } from '../support/clock.ts';

const request: HttpRequest = {
  method: 'POST',
  url: new URL('http://prefect:4200/api/flows/filter'),
  endpoint: 'flows/filter',
  headers: {},
};
const deadline = deadlineIn(10_000, createFakeClock());

let accepted: string;
let sent: string[];
/** What a refusal is. */
let refusal: { status: number; bodyExcerpt: string };
let known: { readonly key: string };
let renewals: number;
let renewedKey: string;

const send: Send = async (sentRequest) => {
  const { authorization = '' } = sentRequest.headers;
  sent.push(authorization);
  if (authorization === accepted) return { status: 200, headers: {}, body: new Uint8Array() };
  throw new HttpStatusError(sentRequest, { headers: {}, ...refusal });
};

const authorize =
  (inner: Send, { key }: { readonly key: string }): Send =>
  (one, until) =>
    inner({ ...one, headers: { ...one.headers, authorization: key } }, until);

const credentials: Credentials<{ readonly key: string }> = {
  current: () => known,
  async renew() {
    renewals += 1;
    if (renewedKey === known.key) return false;
    known = { key: renewedKey };
    return true;
  },
};

beforeEach(() => {
  accepted = 'old';
  sent = [];
  refusal = { status: 401, bodyExcerpt: 'Unauthorized' };
  known = { key: 'old' };
  renewals = 0;
  renewedKey = 'new';
});

const ask = () => renewing(send, credentials, authorize)(request, deadline);

it('sends with the credentials of the moment', async () => {
  await ask();
  [accepted, known] = ['other', { key: 'other' }];
  await ask();
  expect(sent).toEqual(['old', 'other']);
  expect(renewals).toBe(0);
});

describe('a refusal', () => {
  beforeEach(() => {
    accepted = 'new';
  });

  it.each([401, 403])('with %i gets other credentials and is sent once more', async (status) => {
    refusal = { status, bodyExcerpt: 'no' };
    expect((await ask()).status).toBe(200);
    expect(sent).toEqual(['old', 'new']);
  });

  it('is final when there are no others', async () => {
    renewedKey = 'old';
    await expect(ask()).rejects.toThrow('status 401');
    expect(sent).toEqual(['old']);
  });

  it('of the others is final', async () => {
    renewedKey = 'wrong';
    await expect(ask()).rejects.toThrow('status 401');
    expect(sent).toEqual(['old', 'wrong']);
    expect(renewals).toBe(1);
  });

  it('of credentials that another request has renewed meanwhile asks for nothing', async () => {
    const slow: Send = async (one, until) => {
      const result = send(one, until);
      known = { key: 'new' };
      return result;
    };
    expect((await renewing(slow, credentials, authorize)(request, deadline)).status).toBe(200);
    expect(sent).toEqual(['old', 'new']);
    expect(renewals).toBe(0);
  });

  it.each([
    [400, 'bad'],
    [404, 'not found'],
    [500, 'broken'],
    [403, 'Invalid CSRF token or client identifier.'],
  ])('with %i %s says nothing against the credentials', async (status, bodyExcerpt) => {
    refusal = { status, bodyExcerpt };
    await expect(ask()).rejects.toThrow(`status ${status}`);
    expect([sent.length, renewals]).toEqual([1, 0]);
  });

  it('of fixed credentials is final', async () => {
    const fixed = fixedCredentials({ key: 'old' });
    await expect(renewing(send, fixed, authorize)(request, deadline)).rejects.toThrow('status 401');
    expect(sent).toEqual(['old']);
  });
});
