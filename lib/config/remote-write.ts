import { httpAddress } from './addresses.ts';
import type { RemoteWriteConfig, SinkAuth } from './config.ts';
import { headers } from './headers.ts';
import { maskedWhenPrinted } from './masked.ts';
import { remoteWriteAddressMistake, tenantMistake } from './mistakes/receiver.ts';
import { regionMismatch, swappedCredentials } from './mistakes/receiver-credentials.ts';
import { prefectVariables } from './prefect.ts';
import type { Reader } from './reader.ts';
import { text, wholeNumber } from './schemas.ts';
import { checkSignedHeaders, readSigV4, sigV4Variables } from './sigv4.ts';
import { readSinkAuth, sinkAuthVariables } from './sink-auth.ts';
import { defaulted, optional } from './variable.ts';

const group = 'Remote write';

export const remoteWriteVariables = {
  url: optional({
    name: 'REMOTE_WRITE_URL',
    group,
    description:
      'Where samples are written: Prometheus `/api/v1/write`, Mimir `/api/v1/push`, Grafana Cloud `/api/prom/push`, VictoriaMetrics `/api/v1/write`, Thanos `/api/v1/receive`, Amazon Managed Prometheus `/workspaces/<workspace>/api/v1/remote_write`. Either this or PUSHGATEWAY_URL.',
    expected: 'http://prometheus:9090/api/v1/write, or the write address of another receiver',
    example: 'http://prometheus:9090/api/v1/write',
    schema: httpAddress,
    address: true,
    mistake: remoteWriteAddressMistake,
    unset: 'PUSHGATEWAY_URL is used',
  }),
  ...sinkAuthVariables('REMOTE_WRITE', group, '; for Grafana Cloud the number of the instance'),
  ...sigV4Variables,
  headers: optional({
    name: 'REMOTE_WRITE_HEADERS',
    group,
    description:
      'More headers for every request. Those of the protocol, `Host` and `Authorization` may not be set. Shown masked, because values may be secrets.',
    expected: 'a JSON object of header names and values',
    example: '{"X-Team":"data"}',
    schema: headers,
    secret: true,
    credential: true,
    unset: 'none',
  }),
  tenant: optional({
    name: 'REMOTE_WRITE_TENANT',
    group,
    description: 'Tenant of Mimir or Cortex: the header `X-Scope-OrgID`.',
    expected: 'the name of a tenant',
    example: 'data',
    schema: text(200).refine((name) => /^[ -~]+$/.test(name), 'holds characters that a header cannot carry'),
    unset: 'not sent',
  }),
  timeoutMs: defaulted({
    name: 'REMOTE_WRITE_TIMEOUT_MS',
    group,
    description: 'How long one request may take, in milliseconds.',
    expected: 'a whole number from 100 to 300000',
    example: '10000',
    schema: wholeNumber(100, 300_000),
    default: '10000',
  }),
  maxSeriesPerRequest: defaulted({
    name: 'REMOTE_WRITE_MAX_SERIES_PER_REQUEST',
    group,
    description: 'Series in one request; more are split over several.',
    expected: 'a whole number from 1 to 20000',
    example: '2000',
    schema: wholeNumber(1, 20_000),
    default: '2000',
  }),
  concurrency: defaulted({
    name: 'REMOTE_WRITE_CONCURRENCY',
    group,
    description: 'Requests in flight at a time.',
    expected: 'a whole number from 1 to 8',
    example: '3',
    schema: wholeNumber(1, 8),
    default: '3',
  }),
};

const tenantHeader = 'x-scope-orgid';

/** Undefined when REMOTE_WRITE_URL is missing or cannot be used. */
export function readRemoteWrite(reader: Reader): RemoteWriteConfig | undefined {
  const variables = remoteWriteVariables;
  const url = reader.get(variables.url);
  const rest = {
    headers: readHeaders(reader),
    timeoutMs: reader.get(variables.timeoutMs),
    maxSeriesPerRequest: reader.get(variables.maxSeriesPerRequest),
    concurrency: reader.get(variables.concurrency),
    maxRetries: reader.get(prefectVariables.maxRetries),
  };
  const { username, password, bearerToken } = variables;
  const auth = readSigV4(reader, url, [username, password, bearerToken]) ?? readSinkAuth(reader, variables);
  checkCredentials(reader, url, auth);
  checkSignedHeaders(reader, rest.headers);
  if (url === undefined) return undefined;
  checkTenant(reader, url, rest.headers);
  return { kind: 'remote-write', url, auth, ...rest };
}

function readHeaders(reader: Reader): Readonly<Record<string, string>> {
  const given = reader.get(remoteWriteVariables.headers) ?? {};
  const tenant = reader.get(remoteWriteVariables.tenant);
  if (tenant === undefined) return given;
  if (given[tenantHeader] !== undefined) {
    reader.report({
      slug: 'invalid-value',
      message: 'REMOTE_WRITE_TENANT is set, and REMOTE_WRITE_HEADERS holds X-Scope-OrgID too.',
      expected: 'the tenant in one of them',
      do: 'take X-Scope-OrgID out of REMOTE_WRITE_HEADERS',
    });
  }
  const all: Readonly<Record<string, string>> = { ...given, [tenantHeader]: tenant };
  return maskedWhenPrinted(all, Object.keys(given));
}

function checkTenant(reader: Reader, url: URL, sent: Readonly<Record<string, string>>): void {
  if (sent[tenantHeader] === undefined) return;
  const source = reader.isSet(remoteWriteVariables.tenant) ? 'REMOTE_WRITE_TENANT' : 'REMOTE_WRITE_HEADERS';
  const mistake = tenantMistake(url, source);
  if (mistake !== undefined) reader.report(mistake);
}

function checkCredentials(reader: Reader, url: URL | undefined, auth: SinkAuth): void {
  const username = reader.get(remoteWriteVariables.username);
  const password = reader.get(remoteWriteVariables.password)?.reveal();
  const swapped = username === undefined ? undefined : swappedCredentials(username, password);
  if (swapped !== undefined) reader.report(swapped);
  const mismatch = url && auth.kind === 'basic' ? regionMismatch(url, auth.password.reveal()) : undefined;
  if (mismatch !== undefined) reader.warn(mismatch);
}
