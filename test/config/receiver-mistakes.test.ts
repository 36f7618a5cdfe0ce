import { describe, expect, it } from 'vitest';
import { minimalPushgateway, parse, parseOnly, problems, problemsOnly } from './parsing.ts';

const address = (value: string) => problems({ REMOTE_WRITE_URL: value });
const amazon = 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1';

describe('REMOTE_WRITE_URL', () => {
  it.each([
    ['https://acme.grafana.net', 'acme.grafana.net'],
    ['https://acme.grafana.net/explore?x=1', 'acme.grafana.net'],
    ['https://grafana.com/orgs/acme', 'grafana.com'],
    ['http://grafana:3000/api/datasources/proxy/uid/x/api/v1/write', 'grafana:3000'],
  ])('%s is Grafana', (value, host) => {
    expect(address(value)).toMatchObject([
      {
        slug: 'receiver-url-is-grafana',
        message: `REMOTE_WRITE_URL is the Grafana web address (${host}). The receiver has its own: grafana.com → your stack → Prometheus → Details → Remote Write Endpoint, https://prometheus-prod-…grafana.net/api/prom/push`,
        do: 'REMOTE_WRITE_URL=https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom/push',
      },
    ]);
  });

  const grafana = 'https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom';

  it.each([
    [grafana, grafana],
    [`${grafana}/`, grafana],
    [`${grafana}/api/v1/query`, `${grafana}/api/v1/query`],
  ])('%s is where Grafana reads', (value, shown) => {
    expect(address(value)).toEqual([
      {
        slug: 'receiver-url-is-for-queries',
        message: `REMOTE_WRITE_URL: ${shown} is where Grafana reads. Writing goes to ${grafana}/push.`,
        found: shown,
        expected: `${grafana}/push`,
        do: `REMOTE_WRITE_URL=${grafana}/push`,
      },
    ]);
  });

  it.each([
    ['http://prom:9090/api/v1/query', 'http://prom:9090/api/v1/write'],
    ['http://prom:9090/api/v1/query_range', 'http://prom:9090/api/v1/write'],
    ['http://h/prom/api/v1/label/job/values', 'http://h/prom/api/v1/write'],
    ['http://mimir/prometheus/api/v1/query', 'http://mimir/api/v1/push'],
    ['http://vm/select/0/prometheus/api/v1/query', 'http://vm/insert/0/prometheus/api/v1/write'],
    [`${amazon}/api/v1/query`, `${amazon}/api/v1/remote_write`],
  ])('%s is for queries', (value, target) => {
    const [problem, ...more] = address(value);
    expect(problem?.slug).toBe('receiver-url-is-for-queries');
    expect(problem?.message).toBe(`REMOTE_WRITE_URL: ${value} is where queries go; write to ${target}.`);
    expect(problem?.do).toMatch(new RegExp(`^REMOTE_WRITE_URL=${target}(?: for Mimir|$)`));
    expect(more).toEqual([]);
  });

  it.each([amazon, `${amazon}/`, `${amazon}/api/v1/`])('%s has no path', (value) => {
    expect(address(value)).toMatchObject([
      {
        slug: 'receiver-url-without-path',
        message: 'REMOTE_WRITE_URL: An AMP address ends in /api/v1/remote_write.',
        do: `REMOTE_WRITE_URL=${amazon}/api/v1/remote_write`,
      },
    ]);
  });

  it('is no address of a Pushgateway', () => {
    expect(address('http://pushgw:9091/metrics/job/x')).toMatchObject([
      { slug: 'receiver-kind', do: 'PUSHGATEWAY_URL=http://pushgw:9091' },
    ]);
  });

  it('holds no credentials', () => {
    expect(address('https://u:hunter2@m/api/v1/push')).toEqual([
      {
        slug: 'invalid-value',
        message: 'REMOTE_WRITE_URL holds a user name or a password.',
        found: 'https://…@m/api/v1/push',
        expected: 'http://prometheus:9090/api/v1/write, or the write address of another receiver',
        do: 'take it out and set REMOTE_WRITE_USERNAME and REMOTE_WRITE_PASSWORD',
      },
    ]);
  });

  it.each([
    'http://prom:9090',
    `${grafana}/push`,
    'https://prometheus-us-central1.grafana.net/api/prom/push',
    'http://h/api/v1/receive',
    'http://h/metrics-of-us/api/v1/write',
  ])('%s is taken', (value) => {
    expect(parse({ REMOTE_WRITE_URL: value }).config.sink?.url).toEqual(new URL(value));
  });

  it('of AMP takes no tenant', () => {
    const signed = { REMOTE_WRITE_URL: `${amazon}/api/v1/remote_write`, REMOTE_WRITE_SIGV4: 'true' };
    expect(parse(signed).warnings).toEqual([]);
    expect(problems({ ...signed, REMOTE_WRITE_HEADERS: '{"X-Scope-OrgID":"a"}' })).toMatchObject([
      { slug: 'receiver-header', message: 'AMP refuses X-Scope-OrgID: remove it from REMOTE_WRITE_HEADERS.' },
    ]);
    expect(problems({ ...signed, REMOTE_WRITE_TENANT: 'a' })).toMatchObject([
      { slug: 'receiver-header', message: 'AMP refuses X-Scope-OrgID: remove it from REMOTE_WRITE_TENANT.' },
    ]);
    expect(parse({ REMOTE_WRITE_TENANT: 'a' }).warnings).toEqual([]);
  });
});

describe('PUSHGATEWAY_URL', () => {
  const gateway = (value: string) => problemsOnly({ ...minimalPushgateway, PUSHGATEWAY_URL: value });

  it.each([
    ['http://pushgw:9091/metrics', 'http://pushgw:9091'],
    ['http://h/gw/metrics/job/x/y/z', 'http://h/gw'],
  ])('%s goes too far', (value, base) => {
    expect(gateway(value)).toMatchObject([
      {
        slug: 'invalid-value',
        message: 'PUSHGATEWAY_URL goes on after the address: /metrics/job/… is added for you.',
        do: `PUSHGATEWAY_URL=${base}`,
      },
    ]);
  });

  it('is no remote-write address', () => {
    expect(gateway('http://prom:9090/api/v1/write')).toMatchObject([
      { slug: 'receiver-kind', do: 'REMOTE_WRITE_URL=http://prom:9090/api/v1/write' },
    ]);
  });

  it('loses slashes at its end', () => {
    const { sink } = parseOnly({ ...minimalPushgateway, PUSHGATEWAY_URL: 'http://h/gw//' }).config;
    expect(sink?.url.href).toBe('http://h/gw');
  });

  it('has no query', () => {
    expect(gateway('http://h?a=secret')).toMatchObject([
      { message: 'PUSHGATEWAY_URL has a query (?…).', found: 'http://h', do: 'PUSHGATEWAY_URL=http://h' },
    ]);
  });
});

describe.each(['REMOTE_WRITE', 'PUSHGATEWAY'])('credentials of %s', (prefix) => {
  const base = prefix === 'PUSHGATEWAY' ? minimalPushgateway : {};
  const environment = (names: readonly string[]) => ({
    ...(prefix === 'PUSHGATEWAY' ? { REMOTE_WRITE_URL: '' } : {}),
    ...base,
    ...Object.fromEntries(names.map((name) => [`${prefix}_${name}`, 'value'])),
  });

  it.each([
    ['USERNAME', 'PASSWORD'],
    ['PASSWORD', 'USERNAME'],
  ])('%s is nothing without %s', (set, lacking) => {
    expect(problems(environment([set]))).toMatchObject([
      { slug: 'missing-value', message: `${prefix}_${lacking} is not set, and ${prefix}_${set} is.` },
    ]);
  });

  it.each([[['USERNAME', 'PASSWORD']], [['USERNAME']], [['PASSWORD']]])(
    'a bearer token stands alone: %s',
    (names) => {
      expect(problems(environment(['BEARER_TOKEN', ...names]))).toMatchObject([
        { slug: 'invalid-value', expected: expect.stringContaining(`${prefix}_BEARER_TOKEN alone`) },
      ]);
    },
  );

  it('are a user with a password, or a token', () => {
    expect(parse(environment(['USERNAME', 'PASSWORD'])).config.sink?.auth).toMatchObject({
      kind: 'basic',
      username: 'value',
    });
    expect(parse(environment(['BEARER_TOKEN'])).config.sink?.auth.kind).toBe('bearer');
  });
});

describe('credentials of Grafana Cloud', () => {
  const url = 'https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom/push';
  const token = (content: unknown) => `glc_${Buffer.from(JSON.stringify(content)).toString('base64')}`;
  const made = (region: string) => token({ o: '1', n: 'name', k: 'key', m: { r: region } });

  it('may be the wrong way round', () => {
    const swapped = { REMOTE_WRITE_USERNAME: made('x'), REMOTE_WRITE_PASSWORD: '1234567' };
    expect(problems(swapped)).toMatchObject([
      {
        slug: 'receiver-credentials-swapped',
        message:
          'REMOTE_WRITE_USERNAME is a token (glc_…) and REMOTE_WRITE_PASSWORD is a number: they are the wrong way round.',
      },
    ]);
    expect(problems({ ...swapped, REMOTE_WRITE_PASSWORD: 'abc' })).toMatchObject([
      {
        slug: 'receiver-credentials-swapped',
        message: 'REMOTE_WRITE_USERNAME is a token (glc_…): it belongs in REMOTE_WRITE_PASSWORD.',
      },
    ]);
  });

  const warnings = (REMOTE_WRITE_URL: string, REMOTE_WRITE_PASSWORD: string) =>
    parse({ REMOTE_WRITE_URL, REMOTE_WRITE_USERNAME: '1234567', REMOTE_WRITE_PASSWORD }).warnings;

  it('may be of another region', () => {
    expect(warnings(url, made('prod-us-central-0'))).toMatchObject([
      {
        slug: 'receiver-token-refused',
        message:
          'The token in REMOTE_WRITE_PASSWORD was made for region prod-us-central-0, the address is in prod-eu-west-2.',
      },
    ]);
  });

  it.each([
    ['the same region', url, made('prod-eu-west-2')],
    ['an older name of a region', url, made('eu')],
    [
      'an address without a region',
      'https://prometheus-us-central1.grafana.net/api/prom/push',
      made('prod-eu-west-2'),
    ],
    ['a token that is not readable', url, 'glc_%%%%'],
    ['a token without a region', url, token({ o: '1' })],
    ['another kind of password', url, 'hunter2'],
  ])('say nothing of %s', (_, address, password) => {
    expect(warnings(address, password)).toEqual([]);
  });
});
