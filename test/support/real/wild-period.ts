import type { SeededChance } from '../../../doubles/prefect/seeded.ts';
import { createFinishingRuns } from './finishing-runs.ts';
import { makeFinishingWorkspace } from './finishing-workspace.ts';
import type { KilledExporter } from './killed-exporter.ts';
import type { PrefectServer } from './prefect.ts';
import type { Interruptible } from './server-process.ts';

export interface WildPeriodOptions {
  readonly prefect: PrefectServer;
  /** Of the first tick, a whole minute, ms. */
  readonly firstMs: number;
  readonly plan: WildPlan;
  readonly exporters: readonly KilledExporter[];
  readonly chance: SeededChance;
  readonly runsPerMinute: number;
  /** Of each exporter at least so many processes are killed at work. */
  readonly fewestHits: number;
}

/** Minutes are counted from the first tick. */
export interface WildPlan {
  /** In which runs finish, and processes are killed. */
  readonly wildMinutes: number;
  readonly outages: readonly Outage[];
}

/** Servers that are stopped before the tick of one minute and started again before that of another. */
export interface Outage {
  readonly from: number;
  readonly to: number;
  readonly servers: readonly Interruptible[];
}

/** After the wild ones, so that everything arrives. */
const calmMinutes = 3;

/** The instants of all ticks, also of those that nobody does in time, ms. */
export const periodTicks = (firstMs: number, { wildMinutes }: WildPlan): readonly number[] =>
  Array.from({ length: wildMinutes + calmMinutes + 1 }, (_, minute) => firstMs + minute * 60_000);

/** Minutes of a test's own time in which runs finish, processes are killed and servers are away. */
export async function liveThroughWildPeriod(options: WildPeriodOptions): Promise<void> {
  const { prefect, firstMs, plan, exporters, chance, runsPerMinute, fewestHits } = options;
  const workspace = await makeFinishingWorkspace(prefect);
  const { databasePath } = prefect;
  const runs = createFinishingRuns({ databasePath, workspace, chance, runsPerMinute, firstMs });
  const tickAll = (instantMs: number, kind: 'calm' | 'wild') =>
    Promise.all(exporters.map((one) => one.minute(instantMs, kind)));

  for (const [minute, instantMs] of periodTicks(firstMs, plan).entries()) {
    await changeServers(minute, plan);
    const isLast = minute === plan.wildMinutes;
    if (minute > 0 && minute <= plan.wildMinutes) {
      runs.finishMinute(instantMs, Math.min(...exporters.map((one) => one.emittedToMs())));
      if (!isAway(prefect, minute, plan)) await runs.finishByApi(instantMs, isLast);
    }
    if (minute === plan.wildMinutes + 1) {
      await Promise.all(exporters.map((one) => one.killUntil(instantMs, fewestHits)));
    }
    await tickAll(instantMs, minute < 2 || minute > plan.wildMinutes ? 'calm' : 'wild');
  }
  await Promise.all(exporters.map((one) => one.end()));
}

async function changeServers(minute: number, { outages }: WildPlan): Promise<void> {
  const halts = outages.filter(({ from }) => from === minute).flatMap(({ servers }) => servers);
  const resumes = outages.filter(({ to }) => to === minute).flatMap(({ servers }) => servers);
  await Promise.all([...halts.map((one) => one.halt()), ...resumes.map((one) => one.resume())]);
}

const isAway = (server: Interruptible, minute: number, { outages }: WildPlan): boolean =>
  outages.some(({ from, to, servers }) => from <= minute && minute < to && servers.includes(server));
