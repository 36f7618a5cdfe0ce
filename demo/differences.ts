import type { LoggedTick } from './logged-tick.ts';

/** What arrived during one tick. */
export interface Arrived {
  readonly writes: number;
  readonly bytes: number;
  /** Samples of any time: of the tick, of missed ones, and the zeros before new series. */
  readonly decoded: number;
  /** Those of the tick's instant, or later. */
  readonly samples: readonly ArrivedSample[];
}

export interface ArrivedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  readonly value: number;
  /** It ended the series: a stale marker. */
  readonly stale?: true;
}

/** Where what the receiver decoded is not what the tick said it sent; empty when all is well. */
export function differences(logged: LoggedTick, arrived: Arrived): string[] {
  const instantMs = Date.parse(logged.instant);
  const dropped = Object.values(logged.push.samplesDropped).reduce((sum, count) => sum + count, 0);
  const later = arrived.samples.filter(({ timestampMs }) => timestampMs > instantMs).length;
  const live = arrived.samples.filter(({ stale }) => stale !== true);
  const notFinite = live.filter(({ value }) => !Number.isFinite(value)).length;
  return [
    ...unequal('requests', logged.push.requests, arrived.writes),
    ...unequal('bytes', logged.push.bytes, arrived.bytes),
    ...unequal('samples', logged.push.samplesSent, arrived.decoded),
    ...(logged.outcome === 'failed' ? [] : unequal('series', logged.series, live.length + dropped)),
    ...unequal('samples later than the tick', 0, later),
    ...unequal('samples that are no number', 0, notFinite),
    ...familyDifferences(live),
  ];
}

const unequal = (what: string, said: number, decoded: number): string[] =>
  said === decoded ? [] : [`${what}: the tick said ${said}, the receiver decoded ${decoded}`];

/** The pushed prefect_exporter_series{family} against the series that arrived. */
function familyDifferences(samples: readonly ArrivedSample[]): string[] {
  const counted = new Map<string, number>();
  for (const { name } of samples) counted.set(name, (counted.get(name) ?? 0) + 1);
  return samples
    .filter(({ name }) => name === 'prefect_exporter_series')
    .flatMap(({ labels, value }) =>
      unequal(`series of ${labels.family}`, value, seriesOf(labels.family ?? '', counted)),
    );
}

/** Those of the name, or of a histogram with it. */
const seriesOf = (family: string, counted: ReadonlyMap<string, number>): number =>
  counted.get(family) ??
  ['_bucket', '_sum', '_count'].reduce((sum, suffix) => sum + (counted.get(family + suffix) ?? 0), 0);
