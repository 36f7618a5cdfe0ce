import { join } from 'node:path';
import * as z from 'zod';
import { createAsk } from './ask.ts';
import { createPromqlApi, type PromqlApi, type Series } from './promql.ts';
import type { RequiredServer } from './require-server.ts';
import { seriesText } from './series.ts';
import { type Interruptible, startServerProcess } from './server-process.ts';

export interface VictoriaMetricsServer extends PromqlApi, Interruptible {
  readonly url: string;
  readonly writeUrl: string;
  readonly pid: number;
  /** Every stored sample of a selector. A stale marker is NaN. */
  exportSeries(selector: string): Promise<Series[]>;
  /** What was written can be read from now on; without it that takes up to some seconds. */
  flush(): Promise<void>;
  /** Its own metrics. */
  metrics(): Promise<string>;
  log(): string;
  stop(): Promise<void>;
}

const exportedSeries = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.number().nullable()),
  timestamps: z.array(z.number()),
});

export async function startVictoriaMetrics(required: RequiredServer): Promise<VictoriaMetricsServer> {
  const server = await startServerProcess({
    name: required.name,
    binary: required.installed().binary,
    args: ({ directory, port }) => [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${join(directory, 'data')}`,
      '-retentionPeriod=100y',
      '-search.disableCache',
      '-search.latencyOffset=0s',
    ],
    readyPath: '/health',
  });
  const ask = createAsk(server.url);
  return {
    url: server.url,
    writeUrl: `${server.url}/api/v1/write`,
    pid: server.pid,
    ...createPromqlApi(ask),
    async exportSeries(selector) {
      const { body } = await ask('/api/v1/export', { 'match[]': selector, reduce_mem_usage: '1' });
      return merged(body.split('\n').filter(Boolean).map(parseExportLine));
    },
    async flush() {
      await ask('/internal/force_flush');
    },
    metrics: async () => (await ask('/metrics')).body,
    log: server.log,
    halt: server.halt,
    resume: server.resume,
    stop: server.stop,
  };
}

/** A line is a block of a series: there may be several, in any order. */
const merged = (blocks: readonly Series[]): Series[] =>
  [...Map.groupBy(blocks, ({ labels }) => seriesText(labels)).values()].flatMap(([first, ...rest]) => {
    const points = [first, ...rest].flatMap((block) => block?.points ?? []);
    return first === undefined
      ? []
      : [{ labels: first.labels, points: points.sort((a, b) => a.timeMs - b.timeMs) }];
  });

function parseExportLine(line: string): Series {
  const { metric, values, timestamps } = exportedSeries.parse(JSON.parse(line));
  const points = timestamps.map((timeMs, index) => ({ timeMs, value: values[index] ?? Number.NaN }));
  return { labels: metric, points };
}
