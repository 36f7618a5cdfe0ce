import { type Advanced, advance } from '../../lib/advance.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import type { Collector } from '../../lib/collectors/collector.ts';
import { selectCollectors } from '../../lib/collectors/select.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { gather } from '../../lib/gather.ts';
import { beginSources } from '../../lib/ledger/fold.ts';
import { createLedger, type Entry, type Ledger } from '../../lib/ledger/ledger.ts';
import { ledgerSettings } from '../../lib/ledger-settings.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import type { ResourceName, Resources } from '../../lib/prefect/resources.ts';
import { createFakeClock } from './clock.ts';
import { createReader } from './resource-reader.ts';

/** One tick to take into a ledger. */
export interface TickToAdvance {
  readonly nowMs: number;
  readonly resources: Resources;
  readonly failing?: Partial<Record<ResourceName, Error>>;
  /** For this tick alone, over those of `createAdvancing`. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface AdvancedTick extends Advanced {
  /** What the tick put into the outbox last. */
  readonly entry: Entry;
}

/** A ledger that goes from tick to tick, without store and receiver: nothing leaves its outbox. */
export interface Advancing {
  readonly ledger: Ledger;
  tick(tick: TickToAdvance): Promise<AdvancedTick>;
}

/**
 * @param environment besides addresses
 * @param only these collectors; by default those that the environment chooses
 */
export function createAdvancing(
  environment: Readonly<Record<string, string>>,
  firstMs: number,
  only?: readonly Collector[],
): Advancing {
  const table = createSeriesTable();
  const ledger = createLedger('test', { prefect: 'http://prefect', sink: 'http://receiver' }, firstMs);
  return {
    ledger,
    async tick({ nowMs, resources, failing, environment: changed }) {
      const config = configOf({ ...environment, ...changed });
      const collectors = only ?? selectCollectors(allCollectors, config.series);
      const settings = ledgerSettings(config, collectors);
      beginSources(ledger, settings, nowMs);
      const clock = createFakeClock({ nowMs });
      const reader = createReader(resources, failing);
      const options = { clock, collectors, series: config.series, reader, alsoRead: [] };
      const gathered = await gather(options, nowMs, deadlineIn(10_000, clock));
      const facts = {
        nowMs,
        ledgerBytes: 0,
        pushMs: undefined,
        exchanges: [],
        apiRetries: 0,
        prefectAnswered: true,
        errors: { push: 0, store: 0 },
      };
      const advanced = advance(ledger, gathered, facts, { settings, table });
      const entry = ledger.outbox.entries.at(-1);
      if (entry === undefined) throw new Error('nothing in the outbox');
      return { ...advanced, entry };
    },
  };
}

const configOf = (environment: Readonly<Record<string, string>>) =>
  parseConfig(
    {
      PREFECT_API_URL: 'http://prefect.example:4200/api',
      REMOTE_WRITE_URL: 'http://receiver.example/api/v1/write',
      ...environment,
    },
    {
      readFile: (path) => {
        throw new Error(`no file ${path}`);
      },
      collectors: allCollectors,
      sink: 'required',
      where: 'command-line',
    },
  ).config;
