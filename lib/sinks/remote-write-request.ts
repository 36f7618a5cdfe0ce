import type { RemoteWriteConfig } from '../config/config.ts';
import type { HttpRequest } from '../http/send.ts';
import { userAgent } from '../version.ts';

/** The four a sender MUST set (Remote-Write 1.0, "Protocol"); users MUST NOT be able to replace them. */
const protocolHeaders = {
  'content-encoding': 'snappy',
  'content-type': 'application/x-protobuf',
  'user-agent': userAgent,
  'x-prometheus-remote-write-version': '0.1.0',
};

/** @param body a WriteRequest, compressed with snappy */
export const remoteWriteRequest = (
  { url, headers }: Pick<RemoteWriteConfig, 'url' | 'headers'>,
  body: Uint8Array,
): HttpRequest => ({
  method: 'POST',
  url,
  endpoint: 'remote-write',
  headers: { ...headers, ...protocolHeaders },
  body,
});
