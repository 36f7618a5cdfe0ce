import type { Collector } from './collectors/collector.ts';
import { createCollectContext } from './collectors/context.ts';
import type { Config } from './config/config.ts';
import type { LedgerSettings, WantedSources } from './ledger/settings.ts';

/** A run is visible five minutes after its end at the latest: it is committed within seconds, and clocks differ. */
const overlapUs = 300e6;

/** Clients report the ends of task runs themselves, after a network outage late. */
const taskRunOverlapUs = 1_800e6;

/** How the ledger folds and what it sends. @param collectors those that are chosen */
export function ledgerSettings(config: Config, collectors: readonly Collector[]): LedgerSettings {
  const { ledger, series, tick } = config;
  // The instant is of no matter here.
  const { selection, tagLabels, zeroFill } = createCollectContext(series, 0);
  const wanted = new Set(
    collectors.filter(({ kept }) => kept).flatMap(({ families }) => families.map(({ name }) => name)),
  );
  return {
    intervalMs: tick.intervalSeconds * 1000,
    sources: wantedSources(collectors),
    overlapUs: { finishedRuns: overlapUs, finishedTaskRuns: taskRunOverlapUs },
    outboxMs: ledger.outboxMinutes * 60_000,
    retentionMs: ledger.retentionDays * 86_400_000,
    durationBounds: ledger.durationBuckets,
    startDelayBounds: ledger.startDelayBuckets,
    durationStateTypes: ledger.durationStateTypes,
    startDelayBy: ledger.startDelayBy,
    trigger: ledger.trigger,
    histogramsByDeployment: series.detail === 'deployment',
    zeroFill,
    maxSeries: series.maxSeries,
    keepsLast: config.sink?.kind === 'pushgateway',
    selection,
    tagLabels,
    wants: (family) => wanted.has(family),
  };
}

function wantedSources(collectors: readonly Collector[]): WantedSources {
  const needs = new Set(collectors.flatMap((collector) => collector.needs));
  return {
    finishedRuns: needs.has('finishedRuns'),
    finishedTaskRuns: needs.has('finishedTaskRuns'),
    events: needs.has('eventCounts'),
  };
}
