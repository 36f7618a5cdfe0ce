import { deadlineAt } from '../../lib/deadline.ts';
import { HttpStatusError } from '../../lib/http/errors.ts';
import type { HttpRequest, Send } from '../../lib/http/send.ts';
import { createPrefectClient } from '../../lib/prefect/client.ts';
import { createPageSize } from '../../lib/prefect/page-size.ts';

export interface Sent {
  readonly method: string;
  /** Below the API's address. */
  readonly path: string;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A status with a body instead of an answer. */
export class Status extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown = { detail: 'no' }) {
    super(`status ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** What each path answers; a function that throws a `Status` answers with that. */
export type Routes = Readonly<Record<string, unknown | ((sent: Sent) => unknown)>>;

export const apiUrl = new URL('http://prefect.test:4200/api');

export function createFakeSend(routes: Routes, date = 'Fri, 20 Nov 2026 09:52:00 GMT') {
  const sent: Sent[] = [];
  const send: Send = async (request) => {
    const call = describe(request);
    sent.push(call);
    // Everything that can be under way is, before the first answer comes.
    await new Promise((resolve) => setImmediate(resolve));
    const { status, value } = answer(routes, call);
    const body = Buffer.from(JSON.stringify(value));
    if (status === 200) return { status, headers: { date }, body };
    throw new HttpStatusError(request, { status, headers: {}, bodyExcerpt: body.toString() });
  };
  return { send, sent, paths: () => sent.map(({ path }) => path) };
}

function describe({ method, url, endpoint, headers, body }: HttpRequest): Sent {
  const path = url.pathname.replace(/^.*?\/api\//, '');
  const json = body === undefined ? undefined : JSON.parse(Buffer.from(body).toString());
  return { method, path, endpoint, headers, body: json };
}

function answer(routes: Routes, call: Sent): { status: number; value: unknown } {
  if (!(call.path in routes)) return { status: 404, value: { detail: 'Not Found' } };
  try {
    const route = routes[call.path];
    return { status: 200, value: typeof route === 'function' ? route(call) : route };
  } catch (error) {
    if (error instanceof Status) return { status: error.status, value: error.body };
    throw error;
  }
}

export interface FakePrefectOptions {
  readonly apiUrl?: URL;
  readonly pageSize?: number;
  readonly maxInFlight?: number;
}

/** A client whose requests go to `routes`. */
export function createFakePrefect(routes: Routes, options: FakePrefectOptions = {}) {
  const fake = createFakeSend(routes);
  const client = createPrefectClient({
    apiUrl: options.apiUrl ?? apiUrl,
    send: fake.send,
    deadline: deadlineAt(0),
    version: '1.2.3',
    pageSize: createPageSize(options.pageSize),
    ...(options.maxInFlight === undefined ? {} : { maxInFlight: options.maxInFlight }),
  });
  return { ...fake, client };
}
