import { decodeWriteRequest, decompressSnappy } from '../../doubles/receiver/decode.ts';
import type { ReceivedRequest } from '../../doubles/server.ts';

/** The values that were sent of each series at each instant. More than one would be a contradiction. */
export function valuesSent(requests: readonly ReceivedRequest[]): ReadonlyMap<string, ReadonlySet<string>> {
  const sent = new Map<string, Set<string>>();
  for (const { headers, body } of requests) {
    if (headers['content-encoding'] !== 'snappy') continue; // a question
    for (const { labels, samples } of decodeWriteRequest(decompressSnappy(body))) {
      for (const { timestampMs, value } of samples) {
        const key = `${JSON.stringify(labels)} @${timestampMs}`;
        sent.set(key, (sent.get(key) ?? new Set()).add(String(value)));
      }
    }
  }
  return sent;
}

/** Series and instants that were sent with more than one value. */
export const contradictions = (requests: readonly ReceivedRequest[]): readonly string[] =>
  [...valuesSent(requests)].flatMap(([key, { size }]) => (size === 1 ? [] : [key]));
