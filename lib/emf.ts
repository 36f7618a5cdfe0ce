import type { TickReport } from './report.ts';

const namespace = 'PrefectPushExporter';

const units: Readonly<Record<string, string>> = { TickDuration: 'Milliseconds', CursorLagSeconds: 'Seconds' };

/** CloudWatch drops metrics whose dimension has other characters (PutMetricData, Dimension.Value). */
const asciiOnly = (text: string): string => text.replace(/[^\x20-\x7e]/gu, '?');

/** How far behind the tick the counting of ended runs is; nothing where there is no ledger. */
function cursorLag({ ledger, instantMs }: TickReport): { readonly CursorLagSeconds?: number } {
  if (ledger === undefined) return {};
  return { CursorLagSeconds: Math.max(0, (instantMs - Date.parse(ledger.cursor)) / 1000) };
}

/**
 * One line in the CloudWatch embedded metric format: the figures an alarm needs when the receiver is not there to
 * ask. Only the workspace is a dimension; each metric is billed.
 * @param workspace where the tick failed before it knew
 */
export function embeddedMetrics(report: TickReport, nowMs: number, workspace = 'unknown'): string {
  const dropped = Object.values(report.push.samplesDropped).reduce((sum, n) => sum + n, 0);
  const values = {
    TickSuccess: report.outcome === 'failed' ? 0 : 1,
    TickDuration: report.durationMs.total,
    SeriesPushed: report.push.samplesSent,
    SamplesDropped: dropped,
    PrefectRequests: report.exchanges.requests,
    CollectorsFailed: report.collectors.filter(({ success }) => !success).length,
    ...cursorLag(report),
  };
  const metrics = Object.keys(values).map((Name) => ({ Name, Unit: units[Name] ?? 'Count' }));
  return JSON.stringify({
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [['Workspace']], Metrics: metrics }],
    },
    Workspace: asciiOnly(report.workspace ?? workspace),
    ...values,
  });
}
