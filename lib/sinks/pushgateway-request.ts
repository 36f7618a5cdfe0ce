import { gzipSync } from 'node:zlib';
import type { PushgatewayConfig } from '../config/config.ts';
import type { HttpRequest } from '../http/send.ts';
import { userAgent } from '../version.ts';

type GroupAddress = Pick<PushgatewayConfig, 'url' | 'job' | 'grouping'>;

/** Replaces the group by this text. Everything that is pushed goes compressed. */
export const putRequest = (group: GroupAddress, text: string): HttpRequest => ({
  method: 'PUT',
  url: groupUrl(group),
  endpoint: 'pushgateway',
  headers: {
    'content-encoding': 'gzip',
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'user-agent': userAgent,
  },
  body: gzipSync(text),
});

export const deleteRequest = (group: GroupAddress): HttpRequest => ({
  method: 'DELETE',
  url: groupUrl(group),
  endpoint: 'pushgateway',
  headers: { 'user-agent': userAgent },
});

/**
 * `/metrics/job@base64/<job>/<label>@base64/<value>…`, labels in order. Every value is encoded: a slash would be
 * redirected or refused and an empty one lost (Pushgateway README, "URL").
 */
export function groupUrl({ url, job, grouping }: GroupAddress): URL {
  const labels = Object.entries(grouping)
    .filter(([name]) => name !== 'job')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const path = [['job', job] as const, ...labels].map(([name, value]) => `/${name}@base64/${base64(value)}`);
  const address = new URL(url);
  address.pathname = `${url.pathname.replace(/\/+$/, '')}/metrics${path.join('')}`;
  return address;
}

/** URL-safe base64; the empty value is a single `=`. */
const base64 = (value: string): string => (value === '' ? '=' : Buffer.from(value).toString('base64url'));
