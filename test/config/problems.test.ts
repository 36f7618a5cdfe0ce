import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/config/errors.ts';
import { formatProblem } from '../../lib/problem.ts';
import { minimal, parse, parseOnly, problems, problemsOnly } from './parsing.ts';

describe('problems', () => {
  it('come all at once, one error, every one in its message', () => {
    const found = problemsOnly({
      MAX_RETRIES: 'x',
      PUSHGATEWAY_PASSWORD: 'p',
      EXTERNAL_LABELS: '{"flow":"a","1":"b"}',
      CA_FILE: '/none.pem',
      LOG_LEVEL: 'x',
      MAX_SERIE: '5',
    });
    expect(found.map(({ slug, message }) => `${slug} ${message.split(/[ :]/)[0]}`)).toEqual([
      'missing-value PREFECT_API_URL',
      'invalid-value MAX_RETRIES',
      'sink-choice Neither',
      'missing-value PUSHGATEWAY_USERNAME',
      'invalid-value EXTERNAL_LABELS',
      'invalid-value EXTERNAL_LABELS',
      'invalid-value CA_FILE',
      'invalid-value LOG_LEVEL',
      'unknown-variable MAX_SERIE',
    ]);
    const error = new ConfigError(found);
    for (const problem of found) expect(error.message).toContain(formatProblem(problem));
  });

  it('say what is wrong, found, expected and to be done', () => {
    expect(formatProblem(problems({ MAX_RETRIES: '99' })[0] ?? never())).toBe(
      [
        'invalid-value  MAX_RETRIES is more than 10.',
        '  found     99',
        '  expected  a whole number from 0 to 10',
        '  do        MAX_RETRIES=3',
      ].join('\n'),
    );
  });

  it('quote for the shell what needs quoting', () => {
    expect(problems({ REMOTE_WRITE_HEADERS: 'x' })[0]?.do).toBe(`REMOTE_WRITE_HEADERS='{"X-Team":"data"}'`);
  });

  it('are told once of a value that two parts use', () => {
    expect(problems({ MAX_RETRIES: 'x', ...minimal })).toHaveLength(1);
  });

  it('are none for variables that are empty or only spaces', () => {
    expect(
      parse({ MAX_RETRIES: '', REMOTE_WRITE_PASSWORD: '', PUSHGATEWAY_URL: ' ', MAX_SERIE: '' }).config,
    ).toEqual(parse({}).config);
  });

  it('leave the environment as it is', () => {
    const environment = Object.freeze({ ...minimal, EXTERNAL_LABELS: 'a=b', PREFECT_API_KEY: 'pnu_x' });
    expect(() => parseOnly(environment)).not.toThrow();
  });
});

describe('PREFECT_API_URL', () => {
  it('is needed', () => {
    expect(problemsOnly({ REMOTE_WRITE_URL: minimal.REMOTE_WRITE_URL })).toEqual([
      {
        slug: 'missing-value',
        message: 'PREFECT_API_URL is not set.',
        expected:
          'http://<host>:4200/api, or https://api.prefect.cloud/api/accounts/<account>/workspaces/<workspace>',
        do: 'PREFECT_API_URL=http://127.0.0.1:4200/api',
      },
    ]);
  });
});

describe('warnings', () => {
  it('of an interval above four minutes', () => {
    expect(parse({ INTERVAL_SECONDS: '240' }).warnings).toEqual([]);
    expect(parse({ INTERVAL_SECONDS: '900' }).warnings).toMatchObject([
      {
        slug: 'interval-long',
        message:
          'A tick every 15 min: Prometheus looks back 5 min, so gauges vanish between ticks and alerts with "for" do not fire.',
        found: 'INTERVAL_SECONDS=900',
      },
    ]);
    expect(parse({ INTERVAL_SECONDS: '241' }).warnings[0]?.message).toMatch(/^A tick every 241 s:/);
  });

  it('of an auth string beside a key, which wins', () => {
    const { config, warnings } = parse({ PREFECT_API_KEY: 'pnu_x', PREFECT_API_AUTH_STRING: 'a:b' });
    expect(config.prefect.auth.kind).toBe('key');
    expect(warnings.map(({ slug }) => slug)).toEqual(['value-ignored']);
  });

  it.each(['deployment', 'flow', 'lean'])('none of DETAIL=%s: each is another set of series', (DETAIL) => {
    expect(parse({ DETAIL }).warnings).toEqual([]);
  });

  it('of variables of the sink that is not used', () => {
    const { warnings } = parse({ PUSHGATEWAY_JOB: 'x', PUSHGATEWAY_TIMEOUT_MS: '500' });
    expect(warnings).toMatchObject([
      {
        slug: 'value-ignored',
        message: 'PUSHGATEWAY_JOB, PUSHGATEWAY_TIMEOUT_MS: no effect, because PUSHGATEWAY_URL is not set.',
      },
    ]);
  });
});

describe('the choice of a sink', () => {
  const { PREFECT_API_URL } = minimal;

  it('needs one', () => {
    expect(problemsOnly({ PREFECT_API_URL })).toMatchObject([
      {
        slug: 'sink-choice',
        message: 'Neither REMOTE_WRITE_URL nor PUSHGATEWAY_URL is set: there is nowhere to push to.',
        expected: 'exactly one of them',
      },
    ]);
  });

  it('may be left open by commands that do not push', () => {
    expect(parseOnly({ PREFECT_API_URL }, { sink: 'optional' }).config.sink).toBeUndefined();
  });

  it.each(['required', 'optional'] as const)('does not take two (%s)', (sink) => {
    expect(problems({ PUSHGATEWAY_URL: 'http://pushgateway:9091' }, { sink })).toMatchObject([
      {
        slug: 'sink-choice',
        message: 'REMOTE_WRITE_URL and PUSHGATEWAY_URL are both set: samples go to one place.',
      },
    ]);
  });

  it('is made by an address that cannot be used, too', () => {
    expect(problemsOnly({ PREFECT_API_URL, REMOTE_WRITE_URL: 'ftp://x' }).map(({ slug }) => slug)).toEqual([
      'invalid-value',
    ]);
  });
});

function never(): never {
  throw new Error('no problem');
}
