import type { FamilyDescriptor } from '../metrics/family.ts';
import type { Ledger } from './ledger.ts';
import type { Acknowledgement } from './outbox.ts';
import { count } from './series-map.ts';

const counter = (
  name: string,
  help: string,
  labels: readonly string[],
  notes?: string,
): FamilyDescriptor => ({
  name: `prefect_exporter_${name}`,
  help,
  type: 'counter',
  labels,
  ...(notes === undefined ? {} : { notes }),
});

export const apiRequests = counter(
  'api_requests_total',
  'Requests to Prefect.',
  ['endpoint', 'code'],
  'Every attempt counts. `code` is a status, or a word when there was none (connect, timeout, …).',
);
export const apiRetries = counter('api_retries_total', 'Requests to Prefect that were sent again.', []);
export const apiResponseBytes = counter(
  'api_response_bytes_total',
  "Bytes of Prefect's answers, uncompressed.",
  [],
);
export const samplesSent = counter(
  'samples_sent_total',
  'Samples that the receiver took.',
  [],
  'Counted when their tick leaves the outbox, so at the tick after.',
);
export const samplesDropped = counter(
  'samples_dropped_total',
  'Samples that were given up.',
  ['reason'],
  '`already_stored`: the receiver has them, or something newer; nothing is lost. `outbox_limit`: the receiver was ' +
    'away for longer than OUTBOX_MAX_MINUTES; counters lose no counts by it. `superseded`: a Pushgateway got a newer ' +
    'tick instead. Others are what the receiver said.',
);
export const runsFiltered = counter(
  'runs_filtered_total',
  'Ended runs that FLOWS_, DEPLOYMENTS_ or WORK_POOLS_ filters left out.',
  [],
);
export const labelSetsFolded = counter(
  'label_sets_folded_total',
  'Observations that went into `flow="_other"` because of MAX_SERIES.',
  [],
);
export const repairedTicks = counter(
  'repaired_ticks_total',
  'Missed ticks that were written afterwards.',
  [],
  'Counters and histograms only: gauges of a missed tick are gone.',
);
export const errors = counter(
  'errors_total',
  'Failures by where they happened.',
  ['stage'],
  '`read`: a resource of Prefect. `check`: a family that was left out as invalid. `push`: a receiver without a final ' +
    'answer. `store`: the ledger could not be read or written at first. The last two are counted at the next tick of ' +
    'the same process, so not by a command that ends with each tick: there see `prefect_exporter_outbox_samples`.',
);

/** In the order of docs/METRICS.md. */
export const ownCounters: readonly FamilyDescriptor[] = [
  apiRequests,
  apiRetries,
  apiResponseBytes,
  samplesSent,
  samplesDropped,
  runsFiltered,
  labelSetsFolded,
  repairedTicks,
  errors,
];

/** What happened since the last tick that was committed. */
export interface OwnFigures {
  /** Endpoint and code, to how often. */
  readonly apiRequests: readonly {
    readonly endpoint: string;
    readonly code: string;
    readonly count: number;
  }[];
  readonly apiRetries: number;
  readonly apiResponseBytes: number;
  readonly runsFiltered: number;
  readonly labelSetsFolded: number;
  readonly repairedTicks: number;
  readonly errors: Readonly<Record<'read' | 'check' | 'push' | 'store', number>>;
}

export function countOwn(ledger: Ledger, figures: OwnFigures, tickMs: number): void {
  const place = placeOf(ledger, tickMs);
  for (const { endpoint, code, count: times } of figures.apiRequests) {
    count(place, apiRequests, { endpoint, code }, times);
  }
  count(place, apiRetries, {}, figures.apiRetries);
  count(place, apiResponseBytes, {}, figures.apiResponseBytes);
  count(place, samplesSent, {}, 0);
  count(place, runsFiltered, {}, figures.runsFiltered);
  count(place, labelSetsFolded, {}, figures.labelSetsFolded);
  count(place, repairedTicks, {}, figures.repairedTicks);
  for (const [stage, times] of Object.entries(figures.errors)) count(place, errors, { stage }, times);
}

export function countAnswered(ledger: Ledger, answered: readonly Acknowledgement[], tickMs: number): void {
  const place = placeOf(ledger, tickMs);
  for (const { samplesSent: sent, samplesDropped: dropped } of answered) {
    count(place, samplesSent, {}, sent);
    for (const [reason, samples] of Object.entries(dropped))
      count(place, samplesDropped, { reason }, samples);
  }
}

export const countDropped = (ledger: Ledger, reason: string, samples: number, tickMs: number): void => {
  if (samples > 0) count(placeOf(ledger, tickMs), samplesDropped, { reason }, samples);
};

/** Self-metrics are never folded. */
const placeOf = ({ own }: Ledger, tickMs: number) => ({
  map: own,
  tickMs,
  room: { left: Number.POSITIVE_INFINITY, folded: 0, isFull: false },
});
