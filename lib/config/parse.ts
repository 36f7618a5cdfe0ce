import type { Problem } from '../problem.ts';
import type { KnownCollector } from './collectors.ts';
import type { Config } from './config.ts';
import { ConfigError } from './errors.ts';
import { readLedger } from './ledger.ts';
import { readLog } from './log.ts';
import { readNetwork } from './network.ts';
import { readPrefect } from './prefect.ts';
import type { Environment, ReadFile } from './raw-values.ts';
import { createReader, type Reader } from './reader.ts';
import { secretsVariables } from './secrets.ts';
import { readSeries } from './series.ts';
import { readSink, type SinkNeed } from './sink.ts';
import { readStore, type Where } from './store.ts';
import { readTick } from './tick.ts';
import { checkNames } from './unknown-variables.ts';
import { workspacesVariables } from './workspaces.ts';

export interface ParseOptions {
  readonly readFile: ReadFile;
  /** Those that exist: the names that COLLECTORS may hold. */
  readonly collectors: readonly KnownCollector[];
  readonly sink: SinkNeed;
  readonly where: Where;
  /** What was found before, where values came from a secret; goes into the same message. */
  readonly found?: { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };
}

export interface ParsedConfig {
  readonly config: Config;
  /** What works and is probably not meant. */
  readonly warnings: readonly Problem[];
}

/** Reads the whole configuration out of an environment. Throws one `ConfigError` with everything that is wrong. */
export function parseConfig(environment: Environment, options: ParseOptions): ParsedConfig {
  const reader = createReader(environment, options.readFile);
  for (const problem of options.found?.problems ?? []) reader.report(problem);
  for (const warning of options.found?.warnings ?? []) reader.warn(warning);
  checkSources(reader, options.where);
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
    // A secret that nobody has filled explains what is missing.
    const unfilled = reader.warnings.filter(({ slug }) => slug === 'secret-content');
    throw new ConfigError([...unfilled, ...reader.problems]);
  }
  return { config: { prefect, store, ...rest }, warnings: reader.warnings };
}

/** What they say was followed before: here they are only looked at. */
function checkSources(reader: Reader, where: Where): void {
  reader.get(secretsVariables.secretArn);
  reader.get(workspacesVariables.workspaces);
  if (where !== 'command-line' || !reader.isSet(workspacesVariables.workspaces)) return;
  reader.warn({
    slug: 'value-ignored',
    message: 'WORKSPACES: no effect on the command line, where one process is for one workspace.',
    expected: 'the variables of one workspace',
    do: 'unset WORKSPACES, and set what it has of one workspace',
  });
}
