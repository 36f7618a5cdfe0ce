import { describe, expect, it } from 'vitest';
import { chooseWorkspace } from '../../lib/config/choose-workspace.ts';
import { ConfigError } from '../../lib/config/errors.ts';
import type { Environment } from '../../lib/config/raw-values.ts';
import type { Problem } from '../../lib/problem.ts';

const two = {
  prod: { STORE: 's3://ledgers/prod', SECRET_ARN: 'arn:prod' },
  'dev.eu_1': { STORE: 's3://ledgers/dev', MAX_RETRIES: 1 },
};

const choose = (asked: string | undefined, workspaces: unknown = two, environment: Environment = {}) =>
  chooseWorkspace({ ...environment, WORKSPACES: JSON.stringify(workspaces) }, asked);

function problems(asked: string | undefined, workspaces?: unknown, environment?: Environment) {
  try {
    choose(asked, workspaces, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('it was accepted');
}

const messages = (found: readonly Problem[]) => found.map(({ slug, message }) => `${slug} ${message}`);

describe('a workspace', () => {
  it('has its own variables over the common ones, and its name as the default of WORKSPACE', () => {
    const common = { STORE: 's3://ledgers/common', INTERVAL_SECONDS: '30', SECRET_ARN: 'arn:common' };
    expect(choose('dev.eu_1', two, common)).toEqual({
      name: 'dev.eu_1',
      environment: {
        STORE: 's3://ledgers/dev',
        INTERVAL_SECONDS: '30',
        SECRET_ARN: 'arn:common',
        MAX_RETRIES: '1',
      },
      defaults: { WORKSPACE: 'dev.eu_1' },
      warnings: [],
    });
  });

  it('may have another label than its name', () => {
    const { environment } = choose('prod', { prod: { WORKSPACE: 'production' } });
    expect(environment).toEqual({ WORKSPACE: 'production' });
  });

  it('does not have the WORKSPACE of all, which is warned of', () => {
    const { environment, warnings } = choose('prod', two, { WORKSPACE: 'all' });
    expect(environment).toEqual(two.prod);
    expect(messages(warnings)).toEqual([
      'value-ignored WORKSPACE has no effect beside WORKSPACES: all workspaces would have the same label.',
    ]);
  });

  it('does not mind what is wrong with others', () => {
    const workspaces = { ...two, 'b@d': {}, wrong: 7, mistyped: { STOER: 'x' } };
    expect(choose('prod', workspaces).name).toBe('prod');
  });

  it('is the environment itself without WORKSPACES', () => {
    const environment = { STORE: 'memory:', WORKSPACES: ' ' };
    expect(chooseWorkspace(environment, undefined)).toEqual({
      name: undefined,
      environment,
      defaults: {},
      warnings: [],
    });
  });
});

describe('an event', () => {
  it.each<[string, string | undefined, object]>([
    [
      'that does not say which',
      undefined,
      {
        message: 'The event does not say which workspace of WORKSPACES it is for.',
        expected: 'one of "prod", "dev.eu_1"',
        do: '"workspace":"prod" in the input of the schedule',
      },
    ],
    [
      'for one that is not there',
      'staging',
      {
        message: 'The event asks for the workspace "staging", which is not in WORKSPACES.',
        expected: 'one of "prod", "dev.eu_1"',
      },
    ],
    ['for one that is mistyped', 'dev.eu-1', { do: '"workspace":"dev.eu_1" in the input of the schedule' }],
    ['for a name of every object', 'toString', {}],
    ['for one with an empty name', '', {}],
  ])('%s is refused', (_, asked, problem) => {
    expect(problems(asked)).toMatchObject([{ slug: 'workspace-unknown', ...problem }]);
  });

  it('for a workspace where there is only one is refused', () => {
    expect(() => chooseWorkspace({}, 'prod')).toThrow(
      'The event asks for the workspace "prod", and WORKSPACES is not set.',
    );
  });
});

describe('WORKSPACES', () => {
  it.each([['{"prod":'], ['[]'], ['"prod"'], ['{}'], ['null']])('%s is refused', (text) => {
    expect(() => chooseWorkspace({ WORKSPACES: text }, 'prod')).toThrow(
      'WORKSPACES is not a JSON object with workspaces in it.',
    );
  });

  it.each([['a/b'], ['ä'], [''], ['x'.repeat(65)], ['a b']])('with the name "%s" is refused', (name) => {
    expect(messages(problems(name, { [name]: {} }))).toEqual([
      `invalid-value WORKSPACES has a name of ${name.length} characters, which cannot be the name of a workspace here.`,
    ]);
  });

  it.each([[7], [null], ['x'], [[]]])('with %j for the variables is refused', (content) => {
    expect(messages(problems('prod', { prod: content }))).toEqual([
      'invalid-value WORKSPACES: "prod" is not an object of variables.',
    ]);
  });

  it('with names that are no variables, and values that are no text, is refused with all of them', () => {
    const prod = { PREFECT_APIKEY: 'hunter2', MAX_RETRIES: [2], WORKSPACES: '{}' };
    const found = problems('prod', { prod });
    expect(messages(found)).toEqual([
      'unknown-variable WORKSPACES: "prod" has "PREFECT_APIKEY": did you mean PREFECT_API_KEY?',
      'invalid-value WORKSPACES: "prod" has a value that is not a text, of "MAX_RETRIES".',
      'unknown-variable WORKSPACES: "prod" has "WORKSPACES", which has to be a variable of the environment.',
    ]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it.each<[string, unknown, Environment]>([
    ['the same', { a: { STORE: 's3://b/k' }, b: { STORE: 's3://b/k' }, c: { STORE: 's3://b/c' } }, {}],
    [
      'the same, written otherwise,',
      { a: { STORE: 'file:/x/y' }, b: { STORE: ' FILE:///x//./y' }, c: { STORE: 'file:x/y' } },
      {},
    ],
    ['that of all', { a: {}, b: {}, c: { STORE: 's3://b/c' } }, { STORE: 's3://b/k' }],
  ])('with %s STORE for two workspaces is refused for these two', (_, workspaces, environment) => {
    const found = problems('a', workspaces, environment);
    expect(messages(found)).toEqual(['invalid-value WORKSPACES: "a" has the same STORE as "b".']);
    expect(choose('c', workspaces, environment).name).toBe('c');
  });

  it('with one STORE for one workspace, or in memory, is accepted', () => {
    expect(choose('a', { a: {} }, { STORE: 's3://b/k' }).name).toBe('a');
    expect(choose('a', { a: {}, b: {} }, { STORE: 'memory:' }).name).toBe('a');
    expect(choose('a', { a: {}, b: {} }).name).toBe('a');
  });
});
