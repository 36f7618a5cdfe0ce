import { once } from 'node:events';
import type { Clock } from '../lib/clock.ts';
import { type ArrivedSample, differences } from './differences.ts';
import type { FeedTick } from './feed.ts';
import type { Answer, LambdaFunction } from './function.ts';
import type { DemoReceiver } from './receiver.ts';

export interface DemoTick extends FeedTick {
  /** Where what arrived is not what the tick said. */
  readonly differences: readonly string[];
  /** False when the handler failed before it could begin: the configuration cannot be used. */
  readonly begun: boolean;
}

export interface Ticking {
  readonly clock: Clock;
  readonly everySeconds: number;
  readonly lambda: LambdaFunction;
  readonly receiver: DemoReceiver;
}

/** Invokes the function once at each multiple of the interval. Ends when the signal is aborted. */
export async function* ticks(
  options: Ticking,
  signal: AbortSignal,
): AsyncGenerator<DemoTick, void, undefined> {
  const { clock, everySeconds } = options;
  const stepMs = everySeconds * 1000;
  const aborted = signal.aborted ? undefined : once(signal, 'abort').then(() => undefined);
  while (!signal.aborted) {
    const instantMs = Math.ceil((clock.now() + 1) / stepMs) * stepMs;
    try {
      await clock.sleep(instantMs - clock.now(), signal);
    } catch {
      return;
    }
    // A tick that is asked to stop is left alone: it may wait for a server for long.
    const tick = await Promise.race([runTick(options, instantMs), aborted]);
    if (tick !== undefined) yield tick;
  }
}

/** One tick for this instant, and what of it arrived. */
export async function runTick({ clock, lambda, receiver }: Ticking, instantMs: number): Promise<DemoTick> {
  const before = receiver.received();
  const startMs = clock.monotonic();
  const answer = await lambda.invoke(new Date(instantMs).toISOString());
  const durationMs = clock.monotonic() - startMs;
  const after = receiver.received();
  const arrived = {
    writes: after.writes - before.writes,
    bytes: after.bytes - before.bytes,
    decoded: after.samples - before.samples,
    samples: samplesFrom(receiver, instantMs),
  };
  const { logged } = answer;
  return {
    instantMs,
    outcome: logged?.outcome ?? 'failed',
    message: messageOf(answer, after.refusals.at(-1)),
    durationMs: logged?.durationMs.total ?? durationMs,
    prefectRequests: logged?.prefect.requests ?? 0,
    writes: arrived.writes,
    bytes: arrived.bytes,
    samples: arrived.decoded,
    failed: Object.fromEntries(
      (logged?.collectorsFailed ?? []).map(({ collector, error }) => [collector, error]),
    ),
    differences: logged === undefined ? [] : differences(logged, arrived),
    begun: logged !== undefined,
  };
}

function messageOf({ error, logged }: Answer, refusal: string | undefined): string | undefined {
  if (error !== undefined) return error;
  if (logged === undefined) return 'the function wrote no log line';
  if (logged.skipped !== undefined) return `nothing done: ${logged.skipped}`;
  if (logged.outcome === 'pushed') return undefined;
  const failed = logged.collectorsFailed.map(({ collector }) => collector);
  if (failed.length > 0) return `failed: ${failed.join(', ')}: ${logged.collectorsFailed[0]?.error}`;
  return logged.push.refusals[0] ?? refusal ?? 'not everything was accepted';
}

function samplesFrom(receiver: DemoReceiver, instantMs: number): ArrivedSample[] {
  return [...receiver.series.values()].flatMap(({ name, labels, samples }) =>
    samples.filter((s) => s.timestampMs >= instantMs).map((sample) => ({ name, labels, ...sample })),
  );
}
