import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/config/errors.ts';
import { fileFormOf } from '../../lib/config/variable.ts';
import { variables } from '../../lib/config/variables.ts';
import { minimal, minimalPushgateway, parse, parseOnly, problems } from './parsing.ts';

const secretVariables = variables.filter(({ secret }) => secret);
const direct = secretVariables.map(({ name }) => name);

/** Everything that may be printed of an environment, whether it is accepted or not. */
function printed(environment: Record<string, string>, files?: Record<string, string>): string {
  try {
    const parsed = parseOnly(environment, files === undefined ? {} : { files });
    return JSON.stringify(parsed) + inspect(parsed, { depth: 20, showHidden: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${error.stack}${error.message}${JSON.stringify(error)}${inspect(error, { depth: 20 })}`;
  }
}

/** Long enough not to be in a message by chance; with what ends quotes, hosts, lines and JSON. */
const secretText = fc
  .array(fc.constantFrom(...'abcXYZ0189/:@?#"\'{}=,+ \n%\\é'), { minLength: 10, maxLength: 40 })
  .map((characters) => `Sec${characters.join('')}reT`);

const otherErrors = fc.subarray([
  ['MAX_RETRIES', 'x'],
  ['EXTERNAL_LABELS', '{"flow":1}'],
  ['COLLECTORS', 'nothing'],
  ['METRICS_EXCLUDE', '('],
  ['PREFECT_API_UR', 'x'],
  ['LOG_LEVEL', '"x"'],
  ['CA_FILE', '/none'],
]);

describe('secrets', () => {
  it('are these', () => {
    expect(direct.toSorted()).toEqual([
      'PREFECT_API_AUTH_STRING',
      'PREFECT_API_KEY',
      'PUSHGATEWAY_BEARER_TOKEN',
      'PUSHGATEWAY_PASSWORD',
      'REMOTE_WRITE_BEARER_TOKEN',
      'REMOTE_WRITE_HEADERS',
      'REMOTE_WRITE_PASSWORD',
    ]);
  });

  it('never show in a message, whatever else is wrong', () => {
    fc.assert(
      fc.property(
        fc.subarray(direct, { minLength: 1 }),
        secretText,
        otherErrors,
        fc.constantFrom(minimal, minimalPushgateway),
        (names, secret, errors, base) => {
          const secrets = Object.fromEntries(names.map((name) => [name, secret]));
          const shown = printed({ ...base, ...Object.fromEntries(errors), ...secrets });
          expect(shown).not.toContain(secret);
          expect(shown).not.toContain(JSON.stringify(secret).slice(1, -1));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never show when they come from files, nor when they stand where the path belongs', () => {
    fc.assert(
      fc.property(fc.subarray(secretVariables, { minLength: 1 }), secretText, (chosen, secret) => {
        const forms = chosen.map(fileFormOf);
        const files = { '/run/secret': secret };
        const fromFile = Object.fromEntries(forms.map((name) => [name, '/run/secret']));
        expect(printed({ ...minimal, ...fromFile }, files)).not.toContain(secret);
        const noPath = secret.replace(/[/\\]/g, '_').trim();
        const asPath = Object.fromEntries(forms.map((name) => [name, noPath]));
        expect(printed({ ...minimal, ...asPath }, files)).not.toContain(noPath);
      }),
    );
  });

  it('never show when they are credentials in an address', () => {
    const addresses = ['PREFECT_API_URL', 'REMOTE_WRITE_URL', 'PUSHGATEWAY_URL', 'HTTPS_PROXY', 'http_proxy'];
    const starts = fc.constantFrom('http://user:', 'https://', 'user:', '//', 'ftp://a:');
    fc.assert(
      fc.property(fc.constantFrom(...addresses), starts, secretText, (name, start, secret) => {
        const address = `${start}${secret}@host:9090/api`;
        expect(printed({ ...minimal, [name]: address })).not.toContain(secret);
        expect(printed({ ...minimal, [name]: encodeURI(address) })).not.toContain(encodeURI(secret));
      }),
      { numRuns: 500 },
    );
  });

  it('are masked when they are tokens in the wrong variable', () => {
    const token = `glc_${'eyJ'.repeat(10)}`;
    expect(problems({ DETAIL: token })[0]?.found).toBe('glc_…(34 characters)');
    expect(
      problems({ REMOTE_WRITE_URL: token })
        .map((problem) => JSON.stringify(problem))
        .join(),
    ).not.toContain(token);
  });

  it('are used as they are: headers, keys and passwords come out whole', () => {
    const { config } = parse({
      PREFECT_API_KEY: 'pnu_key',
      REMOTE_WRITE_USERNAME: '12',
      REMOTE_WRITE_PASSWORD: '"quoted" ',
      REMOTE_WRITE_HEADERS: '{"X-Api-Key":"abcdefgh"}',
      HTTPS_PROXY: 'http://u:secretword@proxy:1',
    });
    const { auth } = config.prefect;
    expect(auth.kind === 'key' && auth.key.reveal()).toBe('pnu_key');
    const sink = config.sink?.kind === 'remote-write' ? config.sink : undefined;
    expect(sink?.auth.kind === 'basic' && [sink.auth.username, sink.auth.password.reveal()]).toEqual([
      '12',
      '"quoted" ',
    ]);
    expect({ ...sink?.headers }).toEqual({ 'x-api-key': 'abcdefgh' });
    expect(config.network.httpsProxy).toBe('http://u:secretword@proxy:1');
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toMatch(
      /abcdefgh|secretword|pnu_key|quoted/,
    );
  });
});
