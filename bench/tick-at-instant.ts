import { type Clock, systemClock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createExporter } from '../lib/exporter.ts';
import { TickError, type TickReport } from '../lib/report.ts';

export interface TickAtSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly instantMs: number;
  readonly budgetMs: number;
}

/**
 * One tick for an instant, on a clock that shows that instant: a period of hours passes in minutes. It runs on as clocks
 * do, from two seconds after the instant.
 */
export async function runTickAt({ env, instantMs, budgetMs }: TickAtSettings): Promise<TickReport> {
  const offsetMs = instantMs + 2_000 - Date.now();
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
  const options = { readFile: () => '', collectors, sink: 'required', where: 'command-line' } as const;
  const exporter = createExporter(parseConfig(env, options).config, clock);
  try {
    return await exporter.tick(instantMs, deadlineIn(budgetMs, clock));
  } catch (error) {
    if (error instanceof TickError) return error.report;
    throw error;
  }
}
