import { type Clock, systemClock } from '../../../lib/clock.ts';
import { allCollectors } from '../../../lib/collectors/all.ts';
import { parseConfig } from '../../../lib/config/parse.ts';
import { deadlineIn } from '../../../lib/deadline.ts';
import { createExporter, type Exporter, type ExporterOptions } from '../../../lib/exporter.ts';
import { TickError, type TickReport } from '../../../lib/report.ts';

/** Every family there is but those that a further label would make another series of. */
export const everything = {
  COLLECTORS: 'default,deployment_versions,next_runs,work_queue_health',
  METRIC_SETS: 'native,history',
  DEPLOYMENT_TAG_LABELS: 'team',
} as const;

/** An exporter as the programs wire it, from an environment; with a ledger of its own unless STORE says where. */
export function makeExporter(
  environment: Readonly<Record<string, string>>,
  { clock = systemClock, ...options }: Partial<ExporterOptions> & { readonly clock?: Clock } = {},
): Exporter {
  const readFile = (path: string): string => {
    throw new Error(`no file ${path} in this test`);
  };
  const parsing = { readFile, collectors: allCollectors, sink: 'required', where: 'command-line' } as const;
  return createExporter(parseConfig({ STORE: 'memory:', ...environment }, parsing).config, clock, options);
}

/** One tick; of a failed one the report too. */
export async function tickReport(
  exporter: Exporter,
  scheduledMs: number,
  clock: Clock = systemClock,
): Promise<TickReport> {
  try {
    return await exporter.tick(scheduledMs, deadlineIn(50_000, clock));
  } catch (error) {
    if (error instanceof TickError) return error.report;
    throw error;
  }
}
