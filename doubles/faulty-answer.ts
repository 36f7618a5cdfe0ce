import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Clock } from '../lib/clock.ts';
import type { Fault } from './faults.ts';
import type { Reply } from './server.ts';

const page = '<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>';
const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

/** Sends the reply whole. */
export function answer(response: ServerResponse, reply: Reply): void {
  const body = bytesOf(reply);
  const bodiless = reply.status === 204 || reply.status === 304;
  response.writeHead(reply.status, {
    ...(bodiless ? {} : { 'content-length': String(body.byteLength) }),
    ...reply.headers,
  });
  response.end(bodiless ? undefined : body);
}

/** Answers as the fault says; `reply` asks the handler. */
export async function answerWithFault(
  response: ServerResponse,
  fault: Fault,
  { reply, clock }: { reply: () => Promise<Reply>; clock: Clock },
): Promise<void> {
  switch (fault.kind) {
    case 'hang':
      return;
    case 'reset-before-answer':
      if (fault.handled === true) await reply();
      return reset(response.socket);
    case 'reset-mid-body':
      return answerHalf(response, await reply(), () => reset(response.socket));
    case 'wrong-content-length':
      return answerHalf(response, await reply(), () => response.socket?.end());
    case 'hang-mid-body':
      return answerHalf(response, await reply(), () => undefined);
    case 'slow-headers': {
      const whole = await reply();
      clock.after(fault.delayMs, () => answer(response, whole));
      return;
    }
    default:
      return answer(response, await replacement(fault, reply));
  }
}

type Replaced = Extract<
  Fault,
  { kind: 'status' | 'truncate-body' | 'html' | 'empty-body' | 'redirect' | 'compress' }
>;

async function replacement(fault: Replaced, reply: () => Promise<Reply>): Promise<Reply> {
  switch (fault.kind) {
    case 'status':
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
    case 'html':
      return { status: fault.status ?? 200, headers: { 'content-type': 'text/html' }, body: page };
    case 'empty-body':
      return { status: fault.status ?? 200 };
    case 'redirect':
      return { status: fault.status ?? 302, headers: { location: fault.location } };
    case 'truncate-body': {
      const whole = await reply();
      return { ...whole, body: firstHalf(bytesOf(whole)) };
    }
    case 'compress': {
      const whole = await reply();
      const body = compress[fault.encoding](bytesOf(whole));
      const headers = { ...whole.headers, 'content-encoding': fault.encoding };
      return { ...whole, headers, body: fault.damaged === true ? firstHalf(body) : body };
    }
  }
}

/** Announces the whole body and sends half of it. `then` runs when the other side had a chance to read it. */
function answerHalf(response: ServerResponse, reply: Reply, then: () => void): void {
  const body = bytesOf(reply);
  response.writeHead(reply.status, { 'content-length': String(body.byteLength), ...reply.headers });
  response.write(firstHalf(body), () => setImmediate(() => setImmediate(then)));
}

/** Ends a connection with RST where it can be done (not below TLS), else without warning. */
function reset(socket: Socket | null): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

const firstHalf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.byteLength / 2));

const bytesOf = ({ body = '' }: Reply): Uint8Array =>
  typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
