import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../lib/problem.ts';
import { parse, problems } from './parsing.ts';

const cloud = 'https://api.prefect.cloud/api/accounts/1f3c-a/workspaces/9a77-b';
const address = (value: string) => problems({ PREFECT_API_URL: value });

describe('PREFECT_API_URL of Prefect Cloud', () => {
  it('says the whole of it when the page was pasted', () => {
    const [problem] = address('https://app.prefect.cloud/account/1f3c-a/workspace/9a77-b/dashboard');
    expect(problem && formatProblem(problem)).toBe(
      [
        'prefect-url-is-the-web-page  PREFECT_API_URL is the address of the Prefect web page, not of its API.',
        '  found     https://app.prefect.cloud/account/1f3c-a/workspace/9a77-b/dashboard',
        '  expected  https://api.prefect.cloud/api/accounts/<account>/workspaces/<workspace>',
        `  do        PREFECT_API_URL=${cloud}`,
      ].join('\n'),
    );
  });

  it.each([
    'https://app.prefect.cloud/account/1f3c-a/workspace/9a77-b',
    'https://app.prefect.cloud/accounts/1f3c-a/workspaces/9a77-b/runs?state=x#y',
    'https://app.prefect.cloud/api/accounts/1f3c-a/workspaces/9a77-b',
    'https://api.prefect.cloud/account/1f3c-a/workspace/9a77-b',
    'https://api.prefect.cloud/api/account/1f3c-a/workspace/9a77-b',
    'https://api.prefect.cloud/accounts/1f3c-a/workspaces/9a77-b/',
    `${cloud}/flow_runs/filter`,
  ])('rebuilds it from %s', (value) => {
    expect(address(value)).toMatchObject([
      { slug: 'prefect-url-is-the-web-page', do: `PREFECT_API_URL=${cloud}` },
    ]);
  });

  it.each([
    'https://app.prefect.cloud/',
    'https://api.prefect.cloud/api',
    'https://app.prefect.cloud/account/1f3c',
  ])('cannot rebuild %s and says where the ids are', (value) => {
    expect(address(value)).toMatchObject([
      {
        slug: 'prefect-url-is-the-web-page',
        do: 'open the workspace in the browser and copy its whole address: both ids are in it',
      },
    ]);
  });

  it.each([cloud, `${cloud}/`])('takes %s', (value) => {
    expect(parse({ PREFECT_API_URL: value }).config.prefect.apiUrl.href).toBe(cloud);
  });
});

describe('PREFECT_API_URL of a server', () => {
  it.each([
    ['http://p:4200/dashboard', 'http://p:4200/api'],
    ['http://p:4200/flow-runs/flow-run/1?tab=Logs', 'http://p:4200/api'],
    ['https://h/prefect/deployments', 'https://h/prefect/api'],
  ])('%s is a page', (value, meant) => {
    expect(address(value)).toMatchObject([
      {
        slug: 'prefect-url-is-the-web-page',
        message: 'PREFECT_API_URL is the address of the Prefect web page, not of its API.',
        do: `PREFECT_API_URL=${meant}`,
      },
    ]);
  });

  it.each([
    ['http://p:4200/api/api', 'PREFECT_API_URL has /api twice.', 'http://p:4200/api'],
    ['http://p:4200/x/api/api/', 'PREFECT_API_URL has /api twice.', 'http://p:4200/x/api'],
    ['http://p:4200/api/docs', 'PREFECT_API_URL goes on after /api.', 'http://p:4200/api'],
    ['p:4200/api', 'PREFECT_API_URL has no scheme.', 'http://p:4200/api'],
    ['10.0.0.1/api', 'PREFECT_API_URL has no scheme.', 'http://10.0.0.1/api'],
    ['prefect.example.com/api', 'PREFECT_API_URL has no scheme.', 'https://prefect.example.com/api'],
    ['//prefect.example.com/api', 'PREFECT_API_URL has no scheme.', 'https://prefect.example.com/api'],
    ['http://p:4200/api?a=1', 'PREFECT_API_URL has a query (?…).', 'http://p:4200/api'],
    ['http://p:4200/api#a', 'PREFECT_API_URL has a fragment (#…).', 'http://p:4200/api'],
  ])('%s', (value, message, meant) => {
    expect(address(value)).toMatchObject([
      { slug: 'invalid-value', message, do: `PREFECT_API_URL=${meant}` },
    ]);
  });

  it.each([
    ['ftp://p/api', 'PREFECT_API_URL is neither http:// nor https://.'],
    ['http://p:99999/api', 'PREFECT_API_URL is not an address.'],
    ['http://a b/api', 'PREFECT_API_URL is not an address.'],
    ['"http://p:4200/api"', 'PREFECT_API_URL is in quotation marks, and they are part of the value.'],
  ])('%s', (value, message) => {
    expect(address(value)).toMatchObject([{ slug: 'invalid-value', message }]);
  });

  it.each(['http://admin:hunter2@p:4200/api', 'admin:hunter2@p:4200/api', 'http://admin:hun/ter2@p/api'])(
    'holds no credentials (%#)',
    (value) => {
      const [problem] = address(value);
      expect(problem).toMatchObject({
        slug: 'invalid-value',
        message: 'PREFECT_API_URL holds a user name or a password.',
        do: 'take it out and set PREFECT_API_AUTH_STRING=user:password (a server) or PREFECT_API_KEY (Prefect Cloud)',
      });
      expect(problem?.found).toMatch(/^(?:http:\/\/)?…@p(?::4200)?\/api$/);
    },
  );

  it.each(['http://p:4200', 'http://p/flows-api/api', 'http://p/prefect', 'http://p/deployments/api'])(
    'leaves %s to check, which asks the server',
    (value) => {
      expect(parse({ PREFECT_API_URL: value }).config.prefect.apiUrl).toEqual(new URL(value));
    },
  );
});

describe('credentials of Prefect', () => {
  it.each(['Bearer pnu_0123456789', 'bearer pnu_0123456789', 'Authorization: Bearer pnu_0123456789'])(
    'a key is given alone: %s',
    (PREFECT_API_KEY) => {
      expect(problems({ PREFECT_API_KEY })).toEqual([
        {
          slug: 'invalid-value',
          message: expect.stringMatching(/^PREFECT_API_KEY begins with "bearer": give the key alone/i),
          found: `…(${PREFECT_API_KEY.length} characters)`,
          expected: 'the key as Prefect shows it, pnu_… or pnb_…',
          do: 'PREFECT_API_KEY=pnu_…',
        },
      ]);
    },
  );

  const encoded = (text: string) => Buffer.from(text).toString('base64');

  it.each([encoded('admin:secret'), `Basic ${encoded('admin:secret')}`, encoded('a:b?>~~~')])(
    'an auth string is not base64: %s',
    (PREFECT_API_AUTH_STRING) => {
      expect(problems({ PREFECT_API_AUTH_STRING })).toEqual([
        {
          slug: 'prefect-auth-string-encoded',
          message:
            'PREFECT_API_AUTH_STRING looks like base64: give it as user:password, it is encoded for you.',
          found: `…(${PREFECT_API_AUTH_STRING.length} characters)`,
          expected: 'user:password',
          do: 'PREFECT_API_AUTH_STRING=admin:…',
        },
      ]);
    },
  );

  it.each(['password', 'aGVsbG8gd29ybGQ='])('an auth string has a colon: %s', (PREFECT_API_AUTH_STRING) => {
    expect(problems({ PREFECT_API_AUTH_STRING })).toMatchObject([
      { slug: 'invalid-value', message: 'PREFECT_API_AUTH_STRING has no colon between user and password.' },
    ]);
  });

  it.each(['admin:pass', 'admin:', 'a:b:c=='])('%s is an auth string', (PREFECT_API_AUTH_STRING) => {
    const { auth } = parse({ PREFECT_API_AUTH_STRING }).config.prefect;
    expect(auth.kind === 'basic' && auth.authString.reveal()).toBe(PREFECT_API_AUTH_STRING);
  });
});
