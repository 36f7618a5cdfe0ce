// The query API that Prometheus and VictoriaMetrics have in common.
import * as z from 'zod';
import { type Ask, askJson } from './ask.ts';

export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

export interface InstantSample extends Point {
  readonly labels: Readonly<Record<string, string>>;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

export interface PromqlApi {
  /** The vector that an expression has at an instant. */
  queryInstant(promql: string, timeMs: number): Promise<InstantSample[]>;
  queryRange(
    promql: string,
    range: { readonly startMs: number; readonly endMs: number; readonly stepSeconds: number },
  ): Promise<Series[]>;
  /** The stored samples of a selector, for example `up[1h]`, in the window that ends at this time. */
  querySamples(rangeSelector: string, endMs: number): Promise<Series[]>;
}

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const vector = z.object({ data: z.object({ result: z.array(z.object({ metric: labels, value: point })) }) });
const matrix = z.object({
  data: z.object({ result: z.array(z.object({ metric: labels, values: z.array(point) })) }),
});

export function createPromqlApi(ask: Ask): PromqlApi {
  const queryMatrix = async (path: string, query: Readonly<Record<string, string>>) => {
    const { data } = matrix.parse(await askJson(ask, path, query));
    return data.result.map((series) => ({ labels: series.metric, points: series.values.map(toPoint) }));
  };
  return {
    async queryInstant(promql, timeMs) {
      const query = { query: promql, time: toSeconds(timeMs) };
      const { data } = vector.parse(await askJson(ask, '/api/v1/query', query));
      return data.result.map(({ metric, value }) => ({ labels: metric, ...toPoint(value) }));
    },
    queryRange(promql, { startMs, endMs, stepSeconds }) {
      const range = { start: toSeconds(startMs), end: toSeconds(endMs), step: String(stepSeconds) };
      return queryMatrix('/api/v1/query_range', { query: promql, ...range });
    },
    querySamples(rangeSelector, endMs) {
      return queryMatrix('/api/v1/query', { query: rangeSelector, time: toSeconds(endMs) });
    },
  };
}

function toSeconds(timeMs: number): string {
  return (timeMs / 1000).toFixed(3);
}

function toPoint([seconds, text]: readonly [number, string]): Point {
  return { timeMs: Math.round(seconds * 1000), value: parseValue(text) };
}

function parseValue(text: string): number {
  return text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}
