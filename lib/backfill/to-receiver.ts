import type { Clock } from '../clock.ts';
import { deadlineIn } from '../deadline.ts';
import type { Entry } from '../ledger/ledger.ts';
import { birthMs, birthSamples, entrySamples } from '../ledger/outbox.ts';
import type { SeriesSample } from '../metrics/series.ts';
import { mergePushReports, nothingPushed, type PushReport, type Sink } from '../sinks/sink.ts';
import { BackfillError } from './error.ts';
import type { Target } from './target.ts';

export interface ReceiverTargetOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  /** Ticks up to this one may have been sent by a process that was interrupted, ms. */
  readonly maybeSentToMs: number;
}

/** For one tick with its retries, ms. */
const pushMs = 120_000;

/** Sends each tick as the exporter does, one after the other. The first sample that is refused ends it. */
export function createReceiverTarget({ sink, clock, maybeSentToMs }: ReceiverTargetOptions): Target {
  let total: PushReport = nothingPushed;
  const push = async (
    timestampMs: number,
    samples: readonly SeriesSample[],
    tickMs: number,
  ): Promise<void> => {
    if (samples.length === 0) return;
    const report = await sink.push({ timestampMs, samples }, deadlineIn(pushMs, clock));
    const refused = refusedOf(report, tickMs <= maybeSentToMs);
    // What a receiver said once it would say of every minute.
    total = { ...mergePushReports(total, report), refusals: [] };
    if (refused.length > 0) throw refusal(tickMs, refused, report);
  };
  return {
    async write(entry: Entry) {
      await push(birthMs(entry), birthSamples(entry), entry.tickMs);
      await push(entry.tickMs, entrySamples(entry), entry.tickMs);
    },
    checkpoint: async () => ({}),
    finish: async () => undefined,
    close: async () => undefined,
    written: () => ({ samples: total.samplesSent, requests: total.requests, bytes: total.bytes }),
  };
}

const refusedOf = ({ samplesDropped }: PushReport, isRepeated: boolean): readonly string[] =>
  Object.keys(samplesDropped).filter((reason) => !(isRepeated && reason === 'already_stored'));

function refusal(tickMs: number, reasons: readonly string[], { refusals }: PushReport): BackfillError {
  const isPast = reasons.includes('too_old') || reasons.includes('already_stored');
  return new BackfillError({
    slug: 'backfill-refused',
    message: `The receiver does not take samples of ${new Date(tickMs).toISOString()} (${reasons.join(', ')}).`,
    found: refusals.join(' | '),
    ...(isPast
      ? {
          expected: 'a receiver that takes samples of the past, older than what it has',
          do: 'give Prometheus (storage.tsdb) or Mimir an out_of_order_time_window that is longer than the period, and try again; or write a file for promtool with --output; VictoriaMetrics takes any order as it is',
        }
      : { do: 'look at the limits of the receiver, and try again' }),
  });
}
