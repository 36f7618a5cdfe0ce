import { type Clock, systemClock } from '../../lib/clock.ts';
import {
  type LocalServer,
  type ReceivedRequest,
  type Reply,
  type ServerOptions,
  startServer,
} from '../server.ts';
import { type DecodedSeries, decodeWriteRequest, decompressSnappy } from './decode.ts';
import { createHead, type StoredSeries } from './head.ts';
import type { HeadRules } from './head-rules.ts';
import { brokenHeaderRules, brokenSeriesRules } from './specification.ts';

export interface ReceiverOptions extends ServerOptions {
  readonly clock?: Clock;
  /** The whole `Authorization` header it asks for; without it, it asks for none. */
  readonly authorization?: string;
  /** A larger body is answered with 413. */
  readonly maxBodyBytes?: number;
  /** Which samples it refuses; those of Prometheus unless told otherwise. */
  readonly rules?: HeadRules;
}

/**
 * A Remote-Write 1.0 receiver in memory. It answers as a Prometheus does, with the same words (or keeps to the rules
 * of another receiver), and is stricter: it refuses what breaks the specification. It stores and loses its answer with
 * the fault `reset-before-answer`, `handled`. What it cannot tell from a real one is in test/contracts.
 */
export interface Receiver extends LocalServer {
  /** Where to write, `…/api/v1/write`. */
  readonly writeUrl: URL;
  /** What it has stored, in the order of arrival. */
  series(): StoredSeries[];
  /** Rules of the specification that requests broke so far. */
  readonly violations: readonly string[];
}

const writePath = '/api/v1/write';
const badQuery =
  '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"query\\": unknown position: parse error: no expression found in input"}';

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { clock = systemClock, authorization, maxBodyBytes = Number.POSITIVE_INFINITY } = options;
  const head = createHead(options.rules);
  const violations: string[] = [];

  const write = (request: ReceivedRequest): Reply => {
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      return text(401, 'Unauthorized');
    }
    if (request.body.byteLength > maxBodyBytes) return text(413, 'too large');
    const broken = brokenHeaderRules(request);
    const series = decoded(request.body);
    if (typeof series === 'string') return text(400, series);
    broken.push(...series.flatMap(brokenSeriesRules));
    violations.push(...broken);
    if (broken[0] !== undefined) return text(400, broken[0]);
    const refusal = head.append(series, clock.now());
    return refusal === undefined ? { status: 204 } : text(400, refusal);
  };

  const answer = (request: ReceivedRequest): Reply => {
    const { pathname } = new URL(request.path, 'http://receiver');
    if (pathname === writePath) {
      return request.method === 'POST' ? write(request) : text(405, 'Method Not Allowed');
    }
    if (pathname === '/api/v1/query') return { status: 400, body: badQuery };
    return text(404, '404 page not found');
  };
  const server = await startServer((request) => {
    const reply = answer(request);
    return { ...reply, headers: { ...reply.headers, date: new Date(clock.now()).toUTCString() } };
  }, options);
  return { ...server, writeUrl: new URL(writePath, server.url), series: head.series, violations };
}

/** The series, or what Prometheus says about such a body. */
function decoded(body: Uint8Array): DecodedSeries[] | string {
  try {
    return decodeWriteRequest(decompressSnappy(body));
  } catch {
    return 'snappy: corrupt input';
  }
}

const text = (status: number, message: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: `${message}\n`,
});
