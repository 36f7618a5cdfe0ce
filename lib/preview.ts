import { type Advanced, advance } from './advance.ts';
import type { Clock } from './clock.ts';
import { allCollectors } from './collectors/all.ts';
import { selfDescriptors } from './collectors/self.ts';
import type { Config, SeriesConfig } from './config/config.ts';
import type { Deadline } from './deadline.ts';
import { encodeText } from './encode/text.ts';
import { type Gathered, gather } from './gather.ts';
import { tickInstantMs } from './instant.ts';
import { beginSources, readPosition, seedingNeeds } from './ledger/fold.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { entrySamples } from './ledger/outbox.ts';
import { ownCounters } from './ledger/own-counters.ts';
import { ledgerSettings } from './ledger-settings.ts';
import { describeBy } from './metrics/description.ts';
import type { SeriesSample } from './metrics/series.ts';
import { createSeriesTable } from './metrics/series-table.ts';
import type { Problem } from './problem.ts';
import { receiverIdentity } from './receiver-identity.ts';
import { chosenCollectors } from './session.ts';
import type { StoredLedger } from './stored-ledger.ts';
import type { Session } from './tick-session.ts';

export interface Preview {
  /** What a push would send for its instant, in the text format. */
  readonly text: string;
  readonly failures: readonly { readonly collector: string; readonly error: Error }[];
  readonly problems: readonly Problem[];
  /** Why the stored ledger was left aside; undefined when it was read, or there is none yet. */
  readonly ledgerError: Error | undefined;
  readonly seriesPreview: SeriesPreview;
}

export interface SeriesPreview {
  /** Most series first. */
  readonly families: ReadonlyMap<string, number>;
  readonly total: number;
  readonly maxSeries: number;
  readonly detail: SeriesConfig['detail'];
  readonly otherDetails: readonly { readonly detail: SeriesConfig['detail']; readonly total: number }[];
}

export interface PreviewOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly stored: StoredLedger;
  readonly session: Session;
}

const details = ['deployment', 'flow', 'lean'] as const;

/** The instant to preview: of this tick, or where that is done already, of the next one. */
export async function previewInstantMs(
  config: Config,
  stored: StoredLedger,
  nowMs: number,
  deadline: Deadline,
): Promise<number> {
  const { intervalSeconds } = config.tick;
  const instantMs = tickInstantMs(nowMs, intervalSeconds);
  // Why the ledger cannot be read is told by the preview itself.
  const opened = await stored.open(createSeriesTable(), deadline).catch(() => undefined);
  if (opened === undefined || opened.ledger.lastTickMs < instantMs) return instantMs;
  return opened.ledger.lastTickMs + intervalSeconds * 1000;
}

/** Does a tick up to the commit, on a copy, and shows what would be pushed, and how much that would be at each DETAIL. */
export async function previewTick(
  options: PreviewOptions,
  nowMs: number,
  deadline: Deadline,
): Promise<Preview> {
  const { config } = options;
  const { series } = config;
  const own = await previewOf(options, config, nowMs, deadline);
  const otherDetails = [];
  for (const detail of details.filter((other) => other !== series.detail)) {
    const changed = { ...config, series: { ...series, detail } };
    const other = await previewOf(options, changed, nowMs, deadline);
    otherDetails.push({ detail, total: other.advanced.series });
  }
  return {
    text: await encodeText(own.samples, describe),
    failures: own.gathered.outcomes.flatMap(({ collector, success, error }) =>
      success ? [] : [{ collector, error: error ?? new Error('failed') }],
    ),
    problems: [...own.gathered.problems, ...own.advanced.problems],
    ledgerError: own.ledgerError,
    seriesPreview: {
      families: new Map([...own.advanced.seriesByFamily].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))),
      total: own.advanced.series,
      maxSeries: series.maxSeries,
      detail: series.detail,
      otherDetails,
    },
  };
}

const describe = describeBy([
  ...allCollectors.flatMap(({ families }) => families),
  ...selfDescriptors,
  ...ownCounters,
]);

interface PreviewedTick {
  readonly gathered: Gathered;
  readonly advanced: Advanced;
  readonly samples: readonly SeriesSample[];
  readonly ledgerError: Error | undefined;
}

async function previewOf(
  { clock, stored, session }: PreviewOptions,
  config: Config,
  nowMs: number,
  deadline: Deadline,
): Promise<PreviewedTick> {
  const table = createSeriesTable();
  const collectors = chosenCollectors(config);
  // A preview with no receiver yet shows what remote write would get.
  const settings = { ...ledgerSettings(config, collectors), keepsLast: false };
  let ledgerError: Error | undefined;
  const opened = await stored.open(table, deadline).catch((error: Error) => {
    ledgerError = error;
    return undefined;
  });
  const ledger: Ledger = opened?.ledger ?? createLedger('preview', receiverIdentity(config), nowMs);
  beginSources(ledger, settings, nowMs);
  const reading = session.read(
    readPosition(ledger, settings, nowMs),
    seedingNeeds(ledger, settings, nowMs),
    deadline,
  );
  const gathered = await gather(
    { ...reading, collectors, series: config.series, clock, knownWorkspace: ledger.workspace },
    nowMs,
    deadline,
  );
  const facts = {
    nowMs,
    ledgerBytes: opened?.bytes ?? 0,
    pushMs: undefined,
    exchanges: session.exchanges(),
    apiRetries: session.retries(),
    prefectAnswered: session.prefectAnswered(),
    errors: { push: 0, store: 0 },
  };
  const advanced = advance(ledger, gathered, facts, { settings, table });
  const entry = ledger.outbox.entries.at(-1);
  return { gathered, advanced, samples: entry === undefined ? [] : entrySamples(entry), ledgerError };
}
