import type { Problem } from '../problem.ts';
import { nearest } from './did-you-mean.ts';
import type { Environment } from './raw-values.ts';
import type { Reader } from './reader.ts';
import { variableNames } from './variables.ts';

/** Whoever uses these prefixes means us. */
const ourPrefixes = ['PREFECT_EXPORTER_', 'REMOTE_WRITE_', 'PUSHGATEWAY_'] as const;

/** Variables of other Prefect exporters, which people who change over still have. */
const otherExporters: ReadonlySet<string> = new Set([
  'ENABLE_FLOW_RUN_NAME_LABEL',
  'EXPORTER_CHECK_DEPLOYMENTS',
  'EXPORTER_INTERVAL',
  'EXPORTER_PORT',
  'FAILED_RUNS_LIMIT',
  'FAILED_RUNS_OFFSET_MINUTES',
  'METRICS_ADDR',
  'METRICS_PORT',
  'OFFSET_MINUTES',
  'PAGINATION_ENABLED',
  'SCRAPE_INTERVAL_SECONDS',
  'TARGET_METRICS',
]);

/** What Kubernetes sets in every pod for a service named, say, `pushgateway`. */
const serviceLink =
  /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?$/;

/** Settings of Prefect, and names that many programs use, which happen to be near to ours. */
const innocent: ReadonlySet<string> = new Set([
  'PREFECT_UI_URL',
  'PREFECT_UI_API_URL',
  'LOGLEVEL',
  'FTP_PROXY',
]);

/** Short names and those that everybody uses are near to too much. */
const tooCommon: ReadonlySet<string> = new Set([
  'EMF',
  'STORE',
  'AWS_ENDPOINT_URL_S3',
  'AWS_REGION',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'LOG_LEVEL',
]);
const guessable = variableNames.filter((name) => !tooCommon.has(name));

/** Reports names that look like ours and are not, and warns of those of other exporters. */
export function checkNames(environment: Environment, reader: Reader): void {
  const known = new Set([...variableNames, ...[...tooCommon].map((name) => name.toLowerCase())]);
  const names = Object.keys(environment).filter((name) => (environment[name] ?? '').trim() !== '');
  for (const name of names.filter((candidate) => !known.has(candidate))) {
    const problem = otherExporters.has(name) ? undefined : unknownVariable(name);
    if (problem !== undefined) reader.report(problem);
  }
  const foreign = names.filter((name) => otherExporters.has(name));
  if (foreign.length > 0) reader.warn(fromOtherExporters(foreign));
}

function unknownVariable(name: string): Problem | undefined {
  if (serviceLink.test(name) || innocent.has(name)) return undefined;
  const prefix = ourPrefixes.find((ours) => name.toUpperCase().startsWith(ours));
  const meant = nearest(name, guessable, (candidate) => (candidate.length < 10 ? 1 : 2));
  if (prefix === undefined) return meant === undefined ? undefined : mistyped(name, meant);
  const near =
    meant ?? withoutPrefix(name, prefix) ?? begunBy(name) ?? nearest(name, sharing(prefix), () => 8);
  return mistyped(name, near);
}

/** The variable that a name which is none of them probably means, where every name has to be one. */
export function nearestVariable(name: string): string | undefined {
  const near = nearest(name, variableNames, (candidate) => (candidate.length < 10 ? 1 : 2));
  const [ended, ...others] = variableNames.filter((known) => known.endsWith(`_${name.toUpperCase()}`));
  return near ?? (others.length === 0 ? ended : undefined) ?? (name.length < 8 ? undefined : begunBy(name));
}

/** Such as PREFECT_EXPORTER_MAX_SERIES, which is MAX_SERIES. */
const withoutPrefix = (name: string, prefix: string): string | undefined =>
  variableNames.find((known) => known === name.toUpperCase().slice(prefix.length));

/** Such as REMOTE_WRITE_USER, which is the beginning of REMOTE_WRITE_USERNAME. */
const begunBy = (name: string): string | undefined =>
  variableNames.find((known) => known.startsWith(name.toUpperCase()));

const sharing = (prefix: string): readonly string[] =>
  variableNames.filter((name) => name.startsWith(prefix));

const mistyped = (name: string, meant: string | undefined): Problem => ({
  slug: 'unknown-variable',
  message: meant === undefined ? `${name}: there is no such variable.` : `${name}: did you mean ${meant}?`,
  expected: 'a name of docs/CONFIGURATION.md',
  do: meant === undefined ? `unset ${name}` : `rename ${name} to ${meant}, or unset it`,
});

const fromOtherExporters = (names: readonly string[]): Problem => ({
  slug: 'value-ignored',
  message: `${names.join(', ')}: variables of other Prefect exporters, without effect here.`,
  expected: 'names of docs/CONFIGURATION.md',
  do: `unset ${names.join(', ')}`,
});
