import { gunzipSync } from 'node:zlib';
import { type Clock, systemClock } from '../../lib/clock.ts';
import {
  type LocalServer,
  type ReceivedRequest,
  type Reply,
  type ServerOptions,
  startServer,
} from '../server.ts';
import { parseGroupingPath } from './grouping-path.ts';
import { createGroups, type Group } from './groups.ts';
import { parseText, TextFormatError } from './text-format.ts';

export interface PushgatewayOptions extends ServerOptions {
  readonly clock?: Clock;
  /** The whole `Authorization` header it asks for; without it, it asks for none. */
  readonly authorization?: string;
}

/** A Pushgateway in memory: groups, their consistency, and the answers measured at 1.5.1 and 1.11. */
export interface Pushgateway extends LocalServer {
  groups(): Group[];
}

export async function startPushgateway(options: PushgatewayOptions = {}): Promise<Pushgateway> {
  const { clock = systemClock, authorization } = options;
  const groups = createGroups();
  const pushTimes = new Map<string, { pushedMs: number; failedMs: number }>();

  const push = (request: ReceivedRequest, method: 'PUT' | 'POST', key: Group['key']): Reply => {
    try {
      const refusal = groups.push(method, key, parseText(bodyText(request)));
      const id = JSON.stringify(key);
      const times = pushTimes.get(id) ?? { pushedMs: 0, failedMs: 0 };
      if (refusal === undefined) pushTimes.set(id, { ...times, pushedMs: clock.now() });
      else pushTimes.set(id, { ...times, failedMs: clock.now() });
      if (refusal === undefined) return { status: 200 };
      return text(400, `pushed metrics are invalid or inconsistent with existing metrics: ${refusal}`);
    } catch (error) {
      if (error instanceof TextFormatError) return text(400, error.message);
      throw error;
    }
  };

  const change = (request: ReceivedRequest): Reply => {
    const path = parseGroupingPath(new URL(request.path, 'http://pushgateway').pathname);
    if ('wrong' in path) {
      const { status, message } = path.wrong;
      return status === 301 ? { status, headers: { location: message } } : text(status, message);
    }
    switch (request.method) {
      case 'PUT':
      case 'POST':
        return push(request, request.method, path.key);
      case 'DELETE':
        groups.remove(path.key);
        return { status: 202 };
      default:
        return text(405, 'Method Not Allowed');
    }
  };

  const server = await startServer((request) => {
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      return text(401, 'Unauthorized');
    }
    if (request.method === 'GET' && request.path === '/metrics')
      return text(200, exposition(groups.all(), pushTimes));
    return change(request);
  }, options);
  return { ...server, groups: groups.all };
}

const bodyText = ({ headers, body }: ReceivedRequest): string =>
  (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');

function exposition(
  groups: readonly Group[],
  pushTimes: ReadonlyMap<string, { pushedMs: number; failedMs: number }>,
): string {
  const families = Map.groupBy(
    groups.flatMap((group) => group.families),
    ({ name }) => name,
  );
  const lines = [...families].flatMap(([name, parts]) => [
    `# HELP ${name} ${escaped(parts[0]?.help ?? '')}`,
    `# TYPE ${name} ${parts[0]?.type}`,
    ...parts.flatMap(({ samples }) =>
      samples.map((sample) => line(sample.name, sample.labels, sample.value)),
    ),
  ]);
  const times = groups.flatMap(({ key }) => {
    const { pushedMs, failedMs } = pushTimes.get(JSON.stringify(key)) ?? { pushedMs: 0, failedMs: 0 };
    const labels = { instance: '', ...key };
    return [
      line('push_failure_time_seconds', labels, failedMs / 1_000),
      line('push_time_seconds', labels, pushedMs / 1_000),
    ];
  });
  return [...lines, ...times].join('\n');
}

const line = (name: string, labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`,
  );
  return `${name}{${pairs.join()}} ${String(value).replace('Infinity', 'Inf')}`;
};

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const text = (status: number, message: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: `${message}\n`,
});
