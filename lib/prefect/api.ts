import type * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { parseHttpDate } from '../http/http-date.ts';
import { jsonGet, jsonPost } from '../http/json.ts';
import type { HttpRequest, Send } from '../http/send.ts';
import { createGate } from './gate.ts';
import { parseAnswer } from './parse.ts';

export interface ApiOptions {
  /** With or without trailing slash, such as `http://127.0.0.1:4200/api`. */
  readonly apiUrl: URL;
  readonly send: Send;
  readonly deadline: Deadline;
  /** Version of this program, for the User-Agent. */
  readonly version: string;
  /** Requests in flight at a time; default 6. */
  readonly maxInFlight?: number;
}

export interface Call<Shape> {
  /** Below the API's address, without slashes at the ends. */
  readonly path: string;
  /** `path` without names and ids. Default: `path`. */
  readonly endpoint?: string;
  readonly schema: z.ZodType<Shape>;
  /** Of the calls that wait, the smallest rank goes first. */
  readonly rank: number;
  /** As in `HttpRequest`. */
  readonly finalStatuses?: readonly number[];
}

/** Calls one Prefect API and gives back what it answers, checked. Errors are those of `Send`. */
export interface Api {
  get<Shape>(call: Call<Shape> & { readonly baseUrl?: URL }): Promise<Shape>;
  post<Shape>(call: Call<Shape>, body: object): Promise<Shape>;
  /** The newest `Date` header of an answer, ms since the Unix epoch (whole seconds); undefined before the first. */
  serverTimeMs(): number | undefined;
  /** Whether at least one answer was what its endpoint answers: a web page with status 200 is not. */
  hasAnswered(): boolean;
}

export function createApi({ apiUrl, send, deadline, version, maxInFlight = 6 }: ApiOptions): Api {
  const gate = createGate(maxInFlight);
  let newestDateMs: number | undefined;
  let answered = false;
  // Not `prefect/…`: the server answers old clients of its own differently (api/dependencies.py).
  const userAgent = `prefect-push-exporter/${version}`;

  const exchange = <Shape>(plain: HttpRequest, call: Call<Shape>): Promise<Shape> => {
    const { schema, rank, finalStatuses } = call;
    const headers = { ...plain.headers, 'user-agent': userAgent };
    const request = { ...plain, headers, ...(finalStatuses && { finalStatuses }) };
    return gate.run(async () => {
      const response = await send(request, deadline);
      const dateMs = parseHttpDate(response.headers.date);
      if (dateMs !== undefined) newestDateMs = Math.max(dateMs, newestDateMs ?? dateMs);
      const value = parseAnswer(schema, request, response);
      answered = true;
      return value;
    }, rank);
  };

  return {
    get: (call) => exchange(jsonGet(below(call.baseUrl ?? apiUrl, call.path), endpointOf(call)), call),
    post: (call, body) => exchange(jsonPost(below(apiUrl, call.path), endpointOf(call), body), call),
    serverTimeMs: () => newestDateMs,
    hasAnswered: () => answered,
  };
}

/** The call's name for metrics, messages and page sizes. */
export const endpointOf = ({ endpoint, path }: Call<unknown>): string => endpoint ?? path;

function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}
