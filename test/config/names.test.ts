import { describe, expect, it } from 'vitest';
import { parse, problems } from './parsing.ts';

const mistyped: readonly [string, string][] = [
  ['REMOTE_WRITE_PASWORD', 'REMOTE_WRITE_PASSWORD'],
  ['REMOTE_WRITE_PASSWORD_FIL', 'REMOTE_WRITE_PASSWORD_FILE'],
  ['REMOTE_WRITE_USER', 'REMOTE_WRITE_USERNAME'],
  ['remote_write_url', 'REMOTE_WRITE_URL'],
  ['PUSHGATEWAY_ULR', 'PUSHGATEWAY_URL'],
  ['PREFECT_EXPORTER_MAX_SERIES', 'MAX_SERIES'],
  ['EXTERNAL_LABEL', 'EXTERNAL_LABELS'],
  ['MAX_SERIE', 'MAX_SERIES'],
  ['INTERVAL_SECOND', 'INTERVAL_SECONDS'],
  ['max_series', 'MAX_SERIES'],
  ['PREFECT_APIKEY', 'PREFECT_API_KEY'],
  ['PREFECT_API_ULR', 'PREFECT_API_URL'],
  ['FLOW_EXCLUDE', 'FLOWS_EXCLUDE'],
];

describe('unknown variables', () => {
  it.each(mistyped)('%s: did you mean %s?', (name, meant) => {
    expect(problems({ [name]: 'x' })).toEqual([
      {
        slug: 'unknown-variable',
        message: `${name}: did you mean ${meant}?`,
        expected: 'a name of docs/CONFIGURATION.md',
        do: `rename ${name} to ${meant}, or unset it`,
      },
    ]);
  });

  it.each(['PREFECT_EXPORTER_COLOUR', 'PUSHGATEWAY_SOMETHING_ELSE_ALTOGETHER'])('%s', (name) => {
    expect(problems({ [name]: 'x' })).toMatchObject([
      { slug: 'unknown-variable', message: `${name}: there is no such variable.` },
    ]);
  });

  it.each([
    'PATH',
    'TERM',
    'EMFX',
    'DETAILS_OF_BUILD',
    'LOGLEVEL',
    'FTP_PROXY',
    'ALL_PROXY',
    'no_proxy',
    'PREFECT_HOME',
    'PREFECT_PROFILE',
    'PREFECT_UI_URL',
    'PREFECT_LOGGING_LEVEL',
    'PREFECT_API_DATABASE_CONNECTION_URL',
    'PREFECT_SERVER_API_AUTH_STRING',
    'PREFECT_CLIENT_CSRF_SUPPORT_ENABLED',
    'PREFECT_API_TLS_INSECURE_SKIP_VERIFY',
    'PUSHGATEWAY_SERVICE_HOST',
    'PUSHGATEWAY_SERVICE_PORT_HTTP',
    'PUSHGATEWAY_PORT',
    'PUSHGATEWAY_PORT_9091_TCP_ADDR',
    'PREFECT_EXPORTER_PORT_80_TCP',
    'AWS_REGION',
    'GITHUB_WORKSPACE',
  ])('%s is none of ours', (name) => {
    expect(parse({ [name]: 'x' }).warnings).toEqual([]);
  });

  it('of other exporters are one warning', () => {
    const { warnings } = parse({ OFFSET_MINUTES: '3', METRICS_PORT: '8000', PAGINATION_ENABLED: 'True' });
    expect(warnings).toEqual([
      {
        slug: 'value-ignored',
        message:
          'OFFSET_MINUTES, METRICS_PORT, PAGINATION_ENABLED: variables of other Prefect exporters, without effect here.',
        expected: 'names of docs/CONFIGURATION.md',
        do: 'unset OFFSET_MINUTES, METRICS_PORT, PAGINATION_ENABLED',
      },
    ]);
  });
});
