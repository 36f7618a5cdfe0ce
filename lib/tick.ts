import type { Clock } from './clock.ts';
import { type Deadline, deadlineAt, remainingMs } from './deadline.ts';
import { type Gathered, type GatherOptions, gather } from './gather.ts';
import type { Exchange } from './http/observed.ts';
import { aheadOf, type Skip, tickInstantMs, unpunctual } from './instant.ts';
import { countSeries } from './metrics/count.ts';
import { toSeriesSamples } from './metrics/to-series.ts';
import type { Problem } from './problem.ts';
import { summarize, TickError, type TickReport } from './report.ts';
import { PushError, type PushReport, type Sink } from './sinks/sink.ts';

/** Everything one tick opens: closed at its end, whatever happened. */
export interface Session {
  readonly gathering: Omit<GatherOptions, 'clock'>;
  /** Requests to Prefect so far. */
  exchanges(): readonly Exchange[];
  /** Prefect's clock, by its newest answer; undefined before the first. */
  serverTimeMs(): number | undefined;
  sinkFor(workspace: string): Sink;
  close(): Promise<void>;
}

export interface TickOptions {
  readonly clock: Clock;
  readonly intervalSeconds: number;
  /** The newest instant that is known to be pushed; undefined when none is. */
  readonly pushedThroughMs: number | undefined;
  /** @param nowMs the tick's instant @param deadline for everything that reads */
  openSession(nowMs: number, deadline: Deadline): Session;
  /** What a user can do about errors of this tick. */
  explain(report: TickReport, error: unknown): readonly Problem[];
}

const nothingPushed: PushReport = { requests: 0, bytes: 0, samplesSent: 0, samplesDropped: {}, refusals: [] };

/**
 * One tick, from end to end, for the instant it was scheduled for. Resolves with what it did, also when a part of
 * Prefect could not be read; rejects with `TickError` when something has no final answer of the receiver.
 */
export async function runTick(
  options: TickOptions,
  scheduledMs: number,
  deadline: Deadline,
): Promise<TickReport> {
  const { clock, intervalSeconds } = options;
  const startedMs = clock.monotonic();
  const instantMs = tickInstantMs(scheduledMs, intervalSeconds);
  const skip = unpunctual(scheduledMs, clock.now(), intervalSeconds);
  if (skip !== undefined) return skipped(instantMs, skip);
  if (instantMs <= (options.pushedThroughMs ?? Number.NEGATIVE_INFINITY)) {
    return skipped(instantMs, { reason: 'already-done' });
  }

  const readDeadline = readingEnds(deadline, clock);
  const session = options.openSession(instantMs, readDeadline);
  const progress: Progress = { instantMs, startedMs, clock, session };
  try {
    const gathered = await gather({ ...session.gathering, clock }, instantMs, readDeadline);
    progress.gathered = gathered;
    const ahead = aheadOf(session.serverTimeMs(), instantMs);
    if (ahead !== undefined) return skipped(instantMs, ahead);
    const batch = { timestampMs: instantMs, samples: toSeriesSamples(gathered.families) };
    const report = reportOf(progress, await session.sinkFor(gathered.workspace).push(batch, deadline));
    return explained(options, report, undefined);
  } catch (error) {
    const push = error instanceof PushError ? error.sent : nothingPushed;
    const message = error instanceof Error ? error.message : String(error);
    const report = explained(options, { ...reportOf(progress, push), outcome: 'failed' }, error);
    throw new TickError(message, report, { cause: error });
  } finally {
    await session.close();
  }
}

/** Reading may take what is left but a third, and that third is at most 10 s: what is whole must still be pushed. */
function readingEnds(deadline: Deadline, clock: Clock): Deadline {
  const reserveMs = Math.min(10_000, remainingMs(deadline, clock) / 3);
  return deadlineAt(deadline.atMs - reserveMs);
}

interface Progress {
  readonly instantMs: number;
  readonly startedMs: number;
  readonly clock: Clock;
  readonly session: Session;
  gathered?: Gathered;
}

function reportOf(
  { instantMs, startedMs, clock, session, gathered }: Progress,
  push: PushReport,
): TickReport {
  const totalMs = clock.monotonic() - startedMs;
  const readMs = gathered?.readMs ?? totalMs;
  const collectors = gathered?.outcomes ?? [];
  const problems = gathered?.problems ?? [];
  const whole =
    collectors.every(({ success }) => success) &&
    problems.every(({ slug }) => slug !== 'invalid-family') &&
    Object.keys(push.samplesDropped).length === 0;
  return {
    outcome: whole ? 'pushed' : 'partial',
    instantMs,
    workspace: gathered?.workspace,
    durationMs: {
      read: Math.round(readMs),
      push: Math.round(totalMs - readMs),
      total: Math.round(totalMs),
    },
    collectors,
    series: countSeries(gathered?.families ?? []),
    exchanges: summarize(session.exchanges()),
    prefectAnswered: session.gathering.prefectAnswered(),
    push,
    problems,
  };
}

const explained = ({ explain }: TickOptions, report: TickReport, error: unknown): TickReport => ({
  ...report,
  problems: [...report.problems, ...explain(report, error)],
});

const skipped = (instantMs: number, skip: Skip): TickReport => ({
  outcome: 'skipped',
  instantMs,
  skip,
  workspace: undefined,
  durationMs: { read: 0, push: 0, total: 0 },
  collectors: [],
  series: 0,
  exchanges: { requests: 0, responseBytes: 0, byEndpoint: {} },
  push: nothingPushed,
  problems: [],
});
