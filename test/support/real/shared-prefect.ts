import { inject } from 'vitest';
import { type PrefectAddress, queryDatabase, type Row } from './prefect.ts';

export type PrefectName = 'prefect-3' | 'prefect-2';

declare module 'vitest' {
  interface ProvidedContext {
    sharedPrefects: Partial<Record<PrefectName, PrefectAddress>>;
  }
}

export interface SharedPrefect extends PrefectAddress {
  sql(query: string): Promise<Row[]>;
}

/**
 * The one Prefect server of a test run, for tests that tell their rows from those of others by name. It has no
 * background loops but event_persister. The global setup starts it if a test file of the run calls this function
 * with its name, as a literal.
 */
export function sharedPrefect(name: PrefectName): SharedPrefect {
  const address = inject('sharedPrefects')[name];
  if (address === undefined)
    throw new Error(`${name} was not started: is it missing, or called other than by name?`);
  return { ...address, sql: (query) => queryDatabase(address.databasePath, query) };
}
