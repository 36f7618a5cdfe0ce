import type { TickReport } from './report.ts';

const namespace = 'PrefectPushExporter';

/** What alarms look at. Each is billed for each function and workspace, so the other figures are only fields. */
const metrics = [
  { Name: 'TickSuccess', Unit: 'Count' },
  { Name: 'CursorLagSeconds', Unit: 'Seconds' },
] as const;

/** CloudWatch drops metrics whose dimension has other characters (PutMetricData, Dimension.Value). */
const asciiOnly = (text: string): string => text.replace(/[^\x20-\x7e]/gu, '?');

/** How far behind the tick the counting of ended runs is; nothing where there is no ledger. */
function cursorLag({ ledger, instantMs }: TickReport): { readonly CursorLagSeconds?: number } {
  if (ledger === undefined) return {};
  return { CursorLagSeconds: Math.max(0, (instantMs - Date.parse(ledger.cursor)) / 1000) };
}

/** Whose figures they are. */
export interface MetricsOf {
  readonly functionName: string;
  /** By which the function tells several workspaces apart, whatever their label; undefined where it has one. */
  readonly workspace?: string | undefined;
}

/** The receiver refused everything: a limit of its series, say. What it has already is not refused. */
function nothingTaken({ push: { samplesSent, samplesDropped } }: TickReport): boolean {
  const { already_stored: _, ...refused } = samplesDropped;
  return samplesSent === 0 && Object.keys(refused).length > 0;
}

/**
 * One line in the CloudWatch embedded metric format: two metrics, which an alarm needs when the receiver is not there to
 * ask, and more figures of the tick as fields for CloudWatch Logs Insights.
 */
export function embeddedMetrics(
  report: TickReport,
  nowMs: number,
  { functionName, workspace }: MetricsOf,
): string {
  const dropped = Object.values(report.push.samplesDropped).reduce((sum, n) => sum + n, 0);
  const values = {
    TickSuccess: report.outcome === 'failed' || nothingTaken(report) ? 0 : 1,
    TickDuration: report.durationMs.total,
    SeriesPushed: report.push.samplesSent,
    SamplesDropped: dropped,
    PrefectRequests: report.exchanges.requests,
    CollectorsFailed: report.collectors.filter(({ success }) => !success).length,
    ...cursorLag(report),
  };
  const directive = {
    Namespace: namespace,
    Dimensions: [['FunctionName', 'Workspace']],
    // A metric without its value would make the line invalid.
    Metrics: metrics.filter(({ Name }) => Name in values),
  };
  return JSON.stringify({
    _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] },
    FunctionName: functionName,
    Workspace: asciiOnly(workspace ?? report.workspace ?? 'unknown'),
    ...values,
  });
}
