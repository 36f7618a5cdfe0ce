// A receiver that is away for six hours, minute by minute in a few minutes: document, memory, time to drain.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { addRun, moveRun } from '../doubles/prefect/additions.ts';
import { type PrefectDouble, startPrefectDouble } from '../doubles/prefect/api.ts';
import type { Workspace } from '../doubles/prefect/workspace.ts';
import { systemClock } from '../lib/clock.ts';
import { bundling } from '../scripts/build-bundles.ts';
import { ordinaryWorkspace } from '../test/support/ordinary-workspace.ts';
import { startPrometheus } from '../test/support/real/prometheus.ts';
import type { PromqlApi } from '../test/support/real/promql.ts';
import { requireServer } from '../test/support/real/require-server.ts';
import { startVictoriaMetrics } from '../test/support/real/victoria-metrics.ts';
import { type Bench, table } from './bench.ts';
import { writeOther } from './other-writer.ts';
import { runTickAt } from './tick-at-instant.ts';
import { type TickAtResult, tickAt } from './tick-at-process.ts';

const minuteMs = 60_000;
/** Some 5,000 series. */
const deployments = 230;
const outageMinutes = 360;
/** Healthy ticks before and after. */
const healthyTicks = 3;
const runsPerMinute = 10;
/** The ticks whose figures are shown, by minutes of outage. */
const shown = [1, 60, 180, 360];

interface Receiver extends PromqlApi {
  readonly writeUrl: string;
  /** VictoriaMetrics shows what it was sent last only after a while. */
  flush?(): Promise<void>;
  stop(): Promise<void>;
}

export const createOutageBench = (): Bench => ({
  name: 'outage',
  onRequest: true,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'outage-'));
    try {
      const outfile = join(folder, 'tick-at.mjs');
      await build({ ...bundling, entryPoints: ['bench/tick-at.ts'], outfile });
      const prometheus = await requireServer('prometheus-3');
      const victoriaMetrics = await requireServer('victoria-metrics');
      return [
        await measure(outfile, folder, 'Prometheus, OUTBOX_MAX_MINUTES=50', 50, () =>
          startPrometheus(prometheus),
        ),
        await measure(outfile, folder, 'VictoriaMetrics, OUTBOX_MAX_MINUTES=360', 360, () =>
          startVictoriaMetrics(victoriaMetrics),
        ),
      ].join('\n\n');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** An address where nothing listens: the discard port. */
const nowhere = 'http://127.0.0.1:9/api/v1/write';

async function measure(
  file: string,
  folder: string,
  title: string,
  outboxMinutes: number,
  startReceiver: () => Promise<Receiver>,
): Promise<string> {
  const storePath = join(folder, `${outboxMinutes}.json.gz`);
  const lastMs = Math.floor(Date.now() / minuteMs) * minuteMs - minuteMs;
  const firstMs = lastMs - (outageMinutes + 2 * healthyTicks) * minuteMs;
  const simulated = { nowMs: firstMs };
  const clock = { now: () => simulated.nowMs };
  const workspace = ordinaryWorkspace(clock, { deployments });
  const prefect = await startPrefectDouble({ clock: { ...systemClock, ...clock }, workspace });
  const receiver = await startReceiver();
  const rows: string[][] = [];
  let finished = 0;
  try {
    for (let minute = 0; minute <= outageMinutes + 2 * healthyTicks; minute += 1) {
      const instantMs = firstMs + minute * minuteMs;
      simulated.nowMs = instantMs + 2_000;
      await writeOther(receiver.writeUrl, instantMs);
      if (minute > 0) finished += finishRuns(workspace, instantMs);
      const away = minute - healthyTicks;
      const isDown = away >= 0 && away < outageMinutes;
      const settings = {
        env: environment(
          prefect,
          storePath,
          outboxMinutes,
          isDown ? nowhere : receiver.writeUrl,
          receiver.writeUrl,
        ),
        instantMs,
        budgetMs: 55_000,
      };
      const isShown = minute === 1 || shown.includes(away) || (!isDown && away >= 0);
      // Those whose memory nobody looks at are done here, without starting a process.
      if (isShown) rows.push(await row(away, await tickAt(pathToFileURL(file), settings), storePath));
      else await runTickAt(settings);
    }
    return report(title, rows, await receivedOf(receiver, lastMs, finished));
  } finally {
    await receiver.stop();
    await prefect.stop();
  }
}

const environment = (
  prefect: PrefectDouble,
  storePath: string,
  outboxMinutes: number,
  writeUrl: string,
  realUrl: string,
): Record<string, string> => ({
  PREFECT_API_URL: prefect.apiUrl,
  // The ledger belongs to the real address; a proxy that refuses stands for the outage.
  REMOTE_WRITE_URL: realUrl,
  ...(writeUrl === realUrl
    ? {}
    : { HTTP_PROXY: writeUrl.replace('/api/v1/write', ''), NO_PROXY: new URL(prefect.apiUrl).host }),
  MAX_RETRIES: '0',
  OUTBOX_MAX_MINUTES: String(outboxMinutes),
  STORE: `file:${storePath}`,
});

/** Ends some of the running runs and starts others. */
function finishRuns(workspace: Workspace, instantMs: number): number {
  const running = [...workspace.runs.values()]
    .filter(({ state }) => state.type === 'RUNNING')
    .slice(0, runsPerMinute);
  for (const [index, run] of running.entries()) {
    const endUs = (instantMs - 30_000 + index * 1_000) * 1_000;
    moveRun(workspace, run, { type: index === 0 ? 'FAILED' : 'COMPLETED', timestampUs: endUs });
    const flow = workspace.flows.get(run.flowId);
    const deployment = workspace.deployments.get(run.deploymentId ?? '');
    if (flow !== undefined)
      addRun(workspace, { flow, deployment, state: { type: 'RUNNING', timestampUs: endUs } });
  }
  return running.length;
}

async function row(away: number, result: TickAtResult, storePath: string): Promise<string[]> {
  const { size } = await stat(storePath);
  return [
    away < 0
      ? 'before'
      : away < outageMinutes
        ? `down for ${away} min`
        : `back for ${away - outageMinutes} min`,
    String(result.series),
    `${(size / 1_000).toFixed(0)} kB`,
    `${result.peakRssMb.toFixed(0)} MB`,
    `${result.cpuMs} ms`,
    `${result.pushMs} ms`,
    String(result.writes),
    String(result.samplesSent),
    JSON.stringify(result.samplesDropped),
    String(result.ledger?.waitingTicks ?? '–'),
  ];
}

async function receivedOf(receiver: Receiver, lastMs: number, finished: number): Promise<string> {
  await receiver.flush?.();
  const total = await receiver.queryInstant('sum(prefect_flow_runs_finished_total)', lastMs);
  const minutes = await receiver.queryInstant(
    'max(count_over_time(prefect_flow_runs_finished_total[370m]))',
    lastMs,
  );
  const dropped = await receiver.queryInstant(
    'sum by (reason) (prefect_exporter_samples_dropped_total)',
    lastMs,
  );
  const values = (series: typeof total) =>
    series.map(({ labels, value }) => `${labels.reason ?? ''} ${value}`.trim()).join(', ');
  return `ends made ${finished}, counted at the receiver ${values(total)}; minutes there ${values(minutes)} of ${outageMinutes + 2 * healthyTicks + 1}; dropped ${values(dropped) || 'none'}`;
}

function report(title: string, rows: readonly string[][], received: string): string {
  const head = [
    '',
    'series',
    'document',
    'peak RSS',
    'CPU',
    'push',
    'writes',
    'samples sent',
    'dropped',
    'waiting ticks',
  ];
  return `${title}\n\n${table([head, ...rows])}\n\n${received}`;
}
