import type { Reply } from '../server.ts';
import { answerJson, type Call, detail, type ServerContext } from './call.ts';
import { estimatedRunUs, startDeltaUs } from './derived.ts';
import { type JsonObject, numberAt, stringAt } from './json.ts';
import type { FlowRunRecord } from './records.ts';
import { formatTimestamp, type Microseconds, microsecondsPerSecond, parseTimestamp } from './timestamps.ts';

const mostBuckets = 500;

/**
 * `/flow_runs/history`: runs by `expected_start_time` in buckets aligned to the start, by their state now. The
 * last bucket runs past the end; of more than 500 only the oldest come (api/run_history.py).
 */
export function historyAnswer(call: Call, intervalKey: string, runs: readonly FlowRunRecord[]): Reply {
  const { body, context } = call;
  const intervalUs = (numberAt(body, intervalKey) ?? 0) * microsecondsPerSecond;
  if (intervalUs < microsecondsPerSecond)
    return detail('History interval must not be less than 1 second.', 422);
  const startUs = parseTimestamp(stringAt(body, 'history_start') ?? '') ?? 0;
  const endUs = parseTimestamp(stringAt(body, 'history_end') ?? '') ?? 0;
  const count = bucketCount((endUs - startUs) / intervalUs, context);
  const buckets = Array.from({ length: count }, (): FlowRunRecord[] => []);
  for (const run of runs) {
    if (run.expectedStartUs === null) continue;
    buckets[Math.floor((run.expectedStartUs - startUs) / intervalUs)]?.push(run);
  }
  const time = (index: number) => formatTimestamp(startUs + index * intervalUs, context.dialect.zone);
  return answerJson(
    buckets.map((inside, index) => ({
      interval_start: time(index),
      interval_end: time(index + 1),
      states: stateSums(inside, context),
    })),
  );
}

function bucketCount(intervals: number, context: ServerContext): number {
  const isBackwards = intervals <= 0;
  if (!isBackwards) return Math.min(Math.ceil(intervals), mostBuckets);
  return context.dialect.bucketForBackwardsHistory && context.ordering.database === 'sqlite' ? 1 : 0;
}

function stateSums(runs: readonly FlowRunRecord[], context: ServerContext): readonly JsonObject[] {
  const nowUs = context.workspace.nowUs();
  const groups = Map.groupBy(runs, ({ state }) => `${state.type}\n${state.name}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    return [
      {
        state_type: first.state.type,
        state_name: first.state.name,
        count_runs: group.length,
        sum_estimated_run_time: sum(group, (run) => estimatedRunUs(run, nowUs), context),
        sum_estimated_lateness: sum(group, (run) => startDeltaUs(run, nowUs), context),
      },
    ];
  });
}

/** Seconds. SQLite drops the fraction of each run. */
function sum(
  runs: readonly FlowRunRecord[],
  value: (run: FlowRunRecord) => Microseconds,
  { ordering }: ServerContext,
): number {
  return runs.reduce((total, run) => {
    const seconds = Math.max(0, value(run)) / microsecondsPerSecond;
    return total + (ordering.database === 'sqlite' ? Math.floor(seconds) : seconds);
  }, 0);
}
