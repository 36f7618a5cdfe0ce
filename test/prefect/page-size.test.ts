import { describe, expect, it } from 'vitest';
import { HttpStatusError, NoAnswerError } from '../../lib/http/errors.ts';
import type { HttpRequest } from '../../lib/http/send.ts';
import { createPageSize } from '../../lib/prefect/page-size.ts';

const request: HttpRequest = {
  method: 'POST',
  url: new URL('http://127.0.0.1/api/flows/filter'),
  endpoint: 'flows/filter',
  headers: {},
};

const refusal = (status: number, body: unknown) =>
  new HttpStatusError(request, { status, headers: {}, bodyExcerpt: JSON.stringify(body) });

const tooLarge = new NoAnswerError(request, { reason: 'too-large', what: 'too large' });

/** A server of `size` rows that refuses a limit above `maximum` with `refuse`. */
function createServer(size: number, maximum: number, refuse: () => Error) {
  const limits: number[] = [];
  const fetchRows = async (limit: number): Promise<number[]> => {
    limits.push(limit);
    if (limit > maximum) throw refuse();
    return Array.from({ length: Math.min(size, limit) }, (_, index) => index);
  };
  return { limits, fetchRows };
}

const limitOf = (maximum: number) => () =>
  refusal(422, { detail: `Invalid limit: must be less than or equal to ${maximum}.` });

describe('createPageSize', () => {
  it('asks for 200 rows unless told otherwise', async () => {
    const server = createServer(5, 200, limitOf(200));
    await createPageSize(undefined).read('flows/filter', server.fetchRows);
    await createPageSize(70).read('flows/filter', server.fetchRows);
    expect(server.limits).toEqual([200, 70]);
  });

  it('calls a page full when it has all the rows that were asked for', async () => {
    const pageSize = createPageSize(3);
    const read = (size: number) =>
      pageSize.read('flows/filter', createServer(size, 200, limitOf(200)).fetchRows);
    expect(await read(2)).toEqual({ rows: [0, 1], full: false });
    expect(await read(3)).toEqual({ rows: [0, 1, 2], full: true });
    expect(await read(4)).toEqual({ rows: [0, 1, 2], full: true });
  });

  it('learns a smaller maximum once, for every endpoint', async () => {
    const server = createServer(50, 50, limitOf(50));
    const pageSize = createPageSize(undefined);
    expect((await pageSize.read('flows/filter', server.fetchRows)).full).toBe(true);
    await pageSize.read('deployments/filter', server.fetchRows);
    expect(server.limits).toEqual([200, 50, 50]);
  });

  it('understands the shape of a validation error too', async () => {
    const server = createServer(50, 100, () =>
      refusal(422, {
        exception_message: 'Invalid request received.',
        exception_detail: [
          {
            loc: ['body', 'limit'],
            msg: 'Input should be less than or equal to 100',
            type: 'less_than_equal',
          },
        ],
      }),
    );
    await createPageSize(undefined).read('flows/filter', server.fetchRows);
    expect(server.limits).toEqual([200, 100]);
  });

  it.each([
    ['another status', refusal(400, { detail: 'Invalid limit: must be less than or equal to 50.' })],
    ['another field', refusal(422, { detail: 'Invalid offset: must be less than or equal to 50.' })],
    [
      'a maximum that is not smaller',
      refusal(422, { detail: 'Invalid limit: must be less than or equal to 200.' }),
    ],
    ['a maximum of nothing', refusal(422, { detail: 'Invalid limit: must be less than or equal to 0.' })],
    ['something else', new Error('broken')],
  ])('passes on %s', async (_, error) => {
    const server = createServer(5, 1, () => error);
    await expect(createPageSize(undefined).read('flows/filter', server.fetchRows)).rejects.toBe(error);
    expect(server.limits).toEqual([200]);
  });

  it('halves the limit of an endpoint whose answer is too large, and remembers it there', async () => {
    const heavy = createServer(60, 50, () => tooLarge);
    const light = createServer(60, 200, () => tooLarge);
    const pageSize = createPageSize(undefined);
    expect((await pageSize.read('deployments/filter', heavy.fetchRows)).full).toBe(true);
    await pageSize.read('deployments/filter', heavy.fetchRows);
    await pageSize.read('flows/filter', light.fetchRows);
    expect(heavy.limits).toEqual([200, 100, 50, 50]);
    expect(light.limits).toEqual([200]);
  });

  it('gives up when two rows are too large', async () => {
    const server = createServer(60, 0, () => tooLarge);
    await expect(createPageSize(8).read('flows/filter', server.fetchRows)).rejects.toBe(tooLarge);
    expect(server.limits).toEqual([8, 4, 2]);
  });
});
