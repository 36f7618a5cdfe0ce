import type { TickReport } from '../../lib/report.ts';
import { nothingPushed } from '../../lib/sinks/sink.ts';

/** A tick with a ledger, counted up to a minute before it. */
export const tickReport = (workspace: string): TickReport => ({
  outcome: 'pushed',
  instantMs: 600_000,
  workspace,
  durationMs: { read: 1, push: 1, total: 2 },
  collectors: [],
  series: 1,
  exchanges: { requests: 1, responseBytes: 1, byEndpoint: {} },
  push: nothingPushed,
  ledger: { created: false, cursor: new Date(540_000).toISOString(), repairedTicks: 0, waitingTicks: 0 },
  problems: [],
});
