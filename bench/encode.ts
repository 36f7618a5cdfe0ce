import * as z from 'zod';
import { type Bench, inFreshProcess, median, table } from './bench.ts';

const series = 20_000;
const names = ['ours', 'prometheus-remote-write', 'prometheus-remote-write, one request'];

const measured = z.object({
  importMs: z.number(),
  firstMs: z.number(),
  laterMs: z.array(z.number()),
  bytes: z.number(),
  peakRssMb: z.number(),
});

interface Result {
  readonly importMs: number;
  readonly firstMs: number;
  readonly laterMs: number;
  readonly bytes: number;
  readonly peakRssMb: number;
}

/** Our Remote-Write 1.0 encoder and snappyjs against the npm package, in turns, each run in a fresh process. */
export const createEncodeBench = ({ runs = 7 }: { runs?: number } = {}): Bench => ({
  name: 'encode',
  async run() {
    const samples = new Map<string, Result[]>(names.map((name) => [name, []]));
    for (let run = 0; run < runs; run += 1) {
      for (const name of names) samples.get(name)?.push(await measure(name));
    }
    const results = [...samples].map(([name, all]): [string, Result] => [name, medians(all)]);
    return `${series} series, one sample each; medians of ${runs} fresh processes\n\n${table(rows(results))}`;
  },
});

async function measure(name: string): Promise<Result> {
  const file = new URL('encode-once.ts', import.meta.url);
  const result = measured.parse(await inFreshProcess(file, { args: [name, String(series)] }));
  return { ...result, laterMs: median(result.laterMs) };
}

const medianOf = (all: readonly Result[], field: keyof Result): number =>
  median(all.map((one) => one[field]));

const medians = (all: readonly Result[]): Result => ({
  importMs: medianOf(all, 'importMs'),
  firstMs: medianOf(all, 'firstMs'),
  laterMs: medianOf(all, 'laterMs'),
  bytes: medianOf(all, 'bytes'),
  peakRssMb: medianOf(all, 'peakRssMb'),
});

function rows(results: readonly (readonly [string, Result])[]): string[][] {
  const ours = results[0]?.[1];
  const head = ['', 'import', 'first batch', 'ratio', 'samples/s', 'later batches', 'ratio', 'samples/s'];
  return [
    [...head, 'bytes', 'peak RSS'],
    ...results.map(([name, result]) => [
      name,
      ms(result.importMs),
      ms(result.firstMs),
      ratio(result.firstMs, ours?.firstMs),
      perSecond(result.firstMs),
      ms(result.laterMs),
      ratio(result.laterMs, ours?.laterMs),
      perSecond(result.laterMs),
      String(result.bytes),
      `${result.peakRssMb.toFixed(0)} MB`,
    ]),
  ];
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const ratio = (value: number, ours = Number.NaN): string => `${(value / ours).toFixed(2)}×`;
const perSecond = (milliseconds: number): string => `${Math.round(series / milliseconds)}k`;
