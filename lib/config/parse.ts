import type { Problem } from '../problem.ts';
import type { KnownCollector } from './collectors.ts';
import type { Config } from './config.ts';
import { ConfigError } from './errors.ts';
import { readLedger } from './ledger.ts';
import { readLog } from './log.ts';
import { readNetwork } from './network.ts';
import { readPrefect } from './prefect.ts';
import type { Environment, ReadFile } from './raw-values.ts';
import { createReader } from './reader.ts';
import { readSeries } from './series.ts';
import { readSink, type SinkNeed } from './sink.ts';
import { readStore, type Where } from './store.ts';
import { readTick } from './tick.ts';
import { checkNames } from './unknown-variables.ts';

export interface ParseOptions {
  readonly readFile: ReadFile;
  /** Those that exist: the names that COLLECTORS may hold. */
  readonly collectors: readonly KnownCollector[];
  readonly sink: SinkNeed;
  readonly where: Where;
}

export interface ParsedConfig {
  readonly config: Config;
  /** What works and is probably not meant. */
  readonly warnings: readonly Problem[];
}

/** Reads the whole configuration out of an environment. Throws one `ConfigError` with everything that is wrong. */
export function parseConfig(environment: Environment, options: ParseOptions): ParsedConfig {
  const reader = createReader(environment, options.readFile);
  const prefect = readPrefect(reader);
  const store = readStore(reader, options.where);
  const rest = {
    sink: readSink(reader, options.sink),
    tick: readTick(reader),
    series: readSeries(reader, options.collectors),
    ledger: readLedger(reader),
    network: readNetwork(reader),
    log: readLog(reader),
  };
  checkNames(environment, reader);
  if (prefect === undefined || store === undefined || reader.problems.length > 0) {
    throw new ConfigError(reader.problems);
  }
  return { config: { prefect, store, ...rest }, warnings: reader.warnings };
}
