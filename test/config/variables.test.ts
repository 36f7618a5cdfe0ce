import { describe, expect, it } from 'vitest';
import type { Config, RemoteWriteConfig } from '../../lib/config/config.ts';
import { variableNames, variables } from '../../lib/config/variables.ts';
import { minimalPushgateway, parse, parseOnly, problems } from './parsing.ts';

const remoteWrite = ({ sink }: Config): RemoteWriteConfig => {
  if (sink?.kind !== 'remote-write') throw new Error('not remote write');
  return sink;
};

describe('defaults', () => {
  it('are these', () => {
    const { config, warnings } = parse({});
    expect(config.prefect).toEqual({
      apiUrl: new URL('http://127.0.0.1:4200/api'),
      auth: { kind: 'none' },
      csrf: 'auto',
      pageSize: undefined,
      maxRetries: 3,
      workspace: undefined,
    });
    expect(config.sink).toEqual({
      kind: 'remote-write',
      url: new URL('http://prometheus:9090/api/v1/write'),
      auth: { kind: 'none' },
      headers: {},
      timeoutMs: 10_000,
      maxSeriesPerRequest: 2000,
      concurrency: 3,
      maxRetries: 3,
    });
    expect(config.tick).toEqual({ intervalSeconds: 60 });
    expect(config.series).toEqual({
      externalLabels: { job: 'prefect-exporter' },
      deploymentTagLabels: [],
      maxSeries: 20_000,
      detail: 'deployment',
      zeroFill: undefined,
      metricSets: ['native'],
      collectors: undefined,
      metricsExclude: undefined,
      flows: { include: undefined, exclude: undefined },
      deployments: { include: undefined, exclude: undefined },
      workPools: { include: undefined, exclude: undefined },
      historyWindowMinutes: 60,
    });
    expect(config.log).toEqual({ level: 'info', emf: false });
    expect(warnings).toEqual([]);
  });

  it('of the Pushgateway are these', () => {
    expect(parseOnly(minimalPushgateway).config.sink).toEqual({
      kind: 'pushgateway',
      url: new URL('http://pushgateway:9091'),
      auth: { kind: 'none' },
      job: 'prefect-exporter',
      grouping: {},
      timeoutMs: 10_000,
      maxRetries: 3,
    });
  });
});

const good: readonly [string, string, (config: Config) => unknown, unknown][] = [
  [
    'PREFECT_API_URL',
    'http://prefect:4200/api//',
    ({ prefect }) => prefect.apiUrl.href,
    'http://prefect:4200/api',
  ],
  ['PREFECT_API_URL', ' https://prefect/api ', ({ prefect }) => prefect.apiUrl.href, 'https://prefect/api'],
  ['PREFECT_CSRF_ENABLED', 'True', ({ prefect }) => prefect.csrf, true],
  ['PREFECT_CSRF_ENABLED', 'FALSE', ({ prefect }) => prefect.csrf, false],
  ['PREFECT_CSRF_ENABLED', 'Auto', ({ prefect }) => prefect.csrf, 'auto'],
  ['PAGINATION_LIMIT', '1', ({ prefect }) => prefect.pageSize, 1],
  ['PAGINATION_LIMIT', '1000', ({ prefect }) => prefect.pageSize, 1000],
  ['MAX_RETRIES', '0', ({ prefect }) => prefect.maxRetries, 0],
  ['MAX_RETRIES', '7', (config) => remoteWrite(config).maxRetries, 7],
  ['WORKSPACE', 'acme/prod', ({ prefect }) => prefect.workspace, 'acme/prod'],
  [
    'REMOTE_WRITE_URL',
    'https://m/api/v1/push/',
    (config) => remoteWrite(config).url.href,
    'https://m/api/v1/push',
  ],
  [
    'REMOTE_WRITE_URL',
    'https://m/w?extra=1',
    (config) => remoteWrite(config).url.href,
    'https://m/w?extra=1',
  ],
  ['REMOTE_WRITE_TENANT', 'data', (config) => remoteWrite(config).headers, { 'x-scope-orgid': 'data' }],
  ['REMOTE_WRITE_HEADERS', '{"X-Team":"a"}', (config) => remoteWrite(config).headers, { 'x-team': 'a' }],
  ['REMOTE_WRITE_TIMEOUT_MS', '100', (config) => remoteWrite(config).timeoutMs, 100],
  ['REMOTE_WRITE_MAX_SERIES_PER_REQUEST', '1', (config) => remoteWrite(config).maxSeriesPerRequest, 1],
  ['REMOTE_WRITE_CONCURRENCY', '8', (config) => remoteWrite(config).concurrency, 8],
  ['INTERVAL_SECONDS', '1', ({ tick }) => tick.intervalSeconds, 1],
  ['MAX_SERIES', '1', ({ series }) => series.maxSeries, 1],
  ['DETAIL', 'Lean', ({ series }) => series.detail, 'lean'],
  ['DETAIL', 'flow', ({ series }) => series.detail, 'flow'],
  ['ZERO_FILL', 'off', ({ series }) => series.zeroFill, false],
  [
    'COLLECTORS',
    'default, next_runs',
    ({ series }) => series.collectors,
    ['open_runs', 'deployments', 'next_runs'],
  ],
  ['COLLECTORS', 'open_runs,open_runs', ({ series }) => series.collectors, ['open_runs']],
  ['METRIC_SETS', 'native,history,native', ({ series }) => series.metricSets, ['native', 'history']],
  ['METRICS_EXCLUDE', '^prefect_work_', ({ series }) => series.metricsExclude, /^prefect_work_/],
  ['FLOWS_INCLUDE', 'a', ({ series }) => series.flows, { include: /a/, exclude: undefined }],
  ['FLOWS_EXCLUDE', 'b', ({ series }) => series.flows, { include: undefined, exclude: /b/ }],
  ['DEPLOYMENTS_INCLUDE', 'c', ({ series }) => series.deployments, { include: /c/, exclude: undefined }],
  ['DEPLOYMENTS_EXCLUDE', 'd', ({ series }) => series.deployments, { include: undefined, exclude: /d/ }],
  ['WORK_POOLS_INCLUDE', 'e', ({ series }) => series.workPools, { include: /e/, exclude: undefined }],
  ['WORK_POOLS_EXCLUDE', 'f', ({ series }) => series.workPools, { include: undefined, exclude: /f/ }],
  ['HISTORY_WINDOW_MINUTES', '1440', ({ series }) => series.historyWindowMinutes, 1440],
  [
    'DEPLOYMENT_TAG_LABELS',
    'team, cost-center',
    ({ series }) => series.deploymentTagLabels,
    ['team', 'cost-center'],
  ],
  ['HTTPS_PROXY', 'http://proxy:3128', ({ network }) => network.httpsProxy, 'http://proxy:3128'],
  ['http_proxy', 'proxy:3128', ({ network }) => network.httpProxy, 'http://proxy:3128'],
  ['NO_PROXY', 'localhost,.x', ({ network }) => network.noProxy, 'localhost,.x'],
  ['LOG_LEVEL', 'DEBUG', ({ log }) => log.level, 'debug'],
  ['LOG_LEVEL', 'Warning', ({ log }) => log.level, 'warn'],
  ['EMF', '1', ({ log }) => log.emf, true],
];

describe('values that are accepted', () => {
  it.each(good)('%s=%s', (name, value, read, expected) => {
    expect(read(parse({ [name]: value }).config)).toEqual(expected);
  });

  it('ZERO_FILL wins over what DETAIL=lean makes of it', () => {
    expect(parse({ DETAIL: 'lean', ZERO_FILL: 'true' }).config.series.zeroFill).toBe(true);
  });

  it('takes the lower-case name of a proxy where both are set', () => {
    const { network } = parse({ HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' }).config;
    expect(network.httpsProxy).toBe('http://lower:1');
  });

  it.each(variables)('the example of $name', (variable) => {
    expect(variable.schema.safeParse(variable.example)).toMatchObject({ success: true });
    expect(variable.mistake?.(variable.example)).toBeUndefined();
  });

  it.each(variables.filter((variable) => variable.default !== undefined))(
    'the default of $name',
    (variable) => {
      expect(variable.schema.safeParse(variable.default)).toMatchObject({ success: true });
    },
  );
});

const bad: readonly [name: string, value: string, message: string][] = [
  [
    'PREFECT_API_URL',
    'https://api.prefect.cloud/api/accounts/<account>/workspaces/<workspace>',
    'PREFECT_API_URL still has a <placeholder>.',
  ],
  [
    'REMOTE_WRITE_URL',
    'https://metrics.example/<tenant>/push',
    'REMOTE_WRITE_URL still has a <placeholder>.',
  ],
  [
    'PREFECT_API_KEY',
    'a b',
    'PREFECT_API_KEY holds spaces, line breaks or characters that a header cannot carry.',
  ],
  [
    'PREFECT_API_AUTH_STRING',
    'a:b\nc',
    'PREFECT_API_AUTH_STRING holds a line break or another control character.',
  ],
  ['PREFECT_CSRF_ENABLED', 'maybe', 'PREFECT_CSRF_ENABLED is none of auto, true, false.'],
  ['PAGINATION_LIMIT', '0', 'PAGINATION_LIMIT is less than 1.'],
  ['PAGINATION_LIMIT', '1001', 'PAGINATION_LIMIT is more than 1000.'],
  ['MAX_RETRIES', '-1', 'MAX_RETRIES is less than 0.'],
  ['MAX_RETRIES', '3.5', 'MAX_RETRIES is not a whole number.'],
  ['MAX_RETRIES', '1e1', 'MAX_RETRIES is not a whole number.'],
  ['WORKSPACE', 'x'.repeat(201), 'WORKSPACE is longer than 200 characters.'],
  [
    'REMOTE_WRITE_BEARER_TOKEN',
    'ä',
    'REMOTE_WRITE_BEARER_TOKEN holds spaces, line breaks or characters that a header cannot carry.',
  ],
  ['REMOTE_WRITE_HEADERS', '[1]', 'REMOTE_WRITE_HEADERS is not a JSON object.'],
  ['REMOTE_WRITE_TENANT', 'ü', 'REMOTE_WRITE_TENANT holds characters that a header cannot carry.'],
  ['REMOTE_WRITE_TIMEOUT_MS', '99', 'REMOTE_WRITE_TIMEOUT_MS is less than 100.'],
  ['REMOTE_WRITE_MAX_SERIES_PER_REQUEST', '0', 'REMOTE_WRITE_MAX_SERIES_PER_REQUEST is less than 1.'],
  ['REMOTE_WRITE_CONCURRENCY', '9', 'REMOTE_WRITE_CONCURRENCY is more than 8.'],
  ['PUSHGATEWAY_GROUPING', 'a=b', 'PUSHGATEWAY_GROUPING is not a JSON object.'],
  ['PUSHGATEWAY_TIMEOUT_MS', 'soon', 'PUSHGATEWAY_TIMEOUT_MS is not a whole number.'],
  ['PUSHGATEWAY_JOB', 'a\tb', 'PUSHGATEWAY_JOB holds a line break or another control character.'],
  ['INTERVAL_SECONDS', '0', 'INTERVAL_SECONDS is less than 1.'],
  ['MAX_SERIES', '0', 'MAX_SERIES is less than 1.'],
  ['DETAIL', 'full', 'DETAIL is none of deployment, flow, lean.'],
  ['ZERO_FILL', 'perhaps', 'ZERO_FILL is neither true nor false.'],
  ['COLLECTORS', ',', 'COLLECTORS lists nothing.'],
  ['COLLECTORS', 'open_run', 'COLLECTORS has "open_run", which is no collector: did you mean open_runs?'],
  ['COLLECTORS', 'zzz', 'COLLECTORS has "zzz", which is no collector.'],
  ['COLLECTORS', 'history', 'COLLECTORS asks for history, which belongs to the metric set history.'],
  ['METRIC_SETS', 'prefecthq', 'METRIC_SETS has "prefecthq"; there are native and history.'],
  ['METRICS_EXCLUDE', '(', 'METRICS_EXCLUDE is not a regular expression (Unterminated group).'],
  ['FLOWS_EXCLUDE', '[', 'FLOWS_EXCLUDE is not a regular expression (Unterminated character class).'],
  ['HISTORY_WINDOW_MINUTES', '1441', 'HISTORY_WINDOW_MINUTES is more than 1440.'],
  ['HTTPS_PROXY', 'socks5://proxy:1080', 'HTTPS_PROXY is not the http:// or https:// address of a proxy.'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL is none of debug, info, warn, warning, error.'],
  ['EMF', '2', 'EMF is neither true nor false.'],
  ['MAX_SERIES', '"100"', 'MAX_SERIES is in quotation marks, and they are part of the value.'],
];

describe('values that are refused', () => {
  it.each(bad)('%s=%s', (name, value, message) => {
    const found = problems({ [name]: value }).filter(({ slug }) => slug === 'invalid-value');
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toBe(message);
    expect(found[0]?.expected).toMatch(/\S/);
    expect(found[0]?.do).toContain(name);
  });

  it('shows what was found, bounded and on one line', () => {
    const [problem] = problems({ DETAIL: `a\nb${'x'.repeat(500)}` });
    expect(problem?.found).toBe(`a b${'x'.repeat(117)}…`);
  });
});

describe('the table', () => {
  it('has each name once', () => {
    expect(new Set(variableNames).size).toBe(variableNames.length);
  });

  it.each(variables)('$name is read', ({ name }) => {
    // In quotation marks nothing is accepted but patterns and passwords: those get what they refuse.
    const unreadable: Record<string, string> = { PASSWORD: 'a\u0007b', INCLUDE: '(', EXCLUDE: '(' };
    const value = Object.entries(unreadable).find(([end]) => name.endsWith(end))?.[1] ?? '"x"';
    expect(problems({ [name]: value }).map(({ message }) => message.split(' ')[0])).toContain(name);
  });
});
