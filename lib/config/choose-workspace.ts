import type { Problem } from '../problem.ts';
import { nearest } from './did-you-mean.ts';
import { ConfigError } from './errors.ts';
import { isJsonObject, parseJsonObject } from './json-object.ts';
import { jsonVariables } from './json-variables.ts';
import type { Environment } from './raw-values.ts';
import { showValue } from './show.ts';
import { workspaceName, workspacesUnusable, workspacesVariables } from './workspaces.ts';

/** The variables of one workspace. */
export interface ChosenWorkspace {
  /** In WORKSPACES; undefined where there is only one. */
  readonly name: string | undefined;
  readonly environment: Environment;
  /** What holds where neither the environment nor a secret has it. */
  readonly defaults: Environment;
  readonly warnings: readonly Problem[];
}

/**
 * The workspace that an event asks for. Its variables stand over those of the environment. Throws `ConfigError` when
 * there is no such workspace, or what WORKSPACES says of it cannot be used; what it says of others does not matter.
 */
export function chooseWorkspace(
  environment: Environment,
  asked: string | undefined,
  kind: EventKind = 'tick',
): ChosenWorkspace {
  const { WORKSPACES: text = '', ...common } = environment;
  if (text.trim() === '') {
    if (asked === undefined) return { name: undefined, environment, defaults: {}, warnings: [] };
    throw new ConfigError([notOne(asked)]);
  }
  const all = parseJsonObject(text);
  if (all === undefined || all.length === 0) throw new ConfigError([workspacesUnusable(text)]);
  const entry = all.find(([name]) => name === asked);
  if (asked === undefined || entry === undefined) throw new ConfigError([notThere(asked, all, kind)]);
  return workspaceOf(common, entry, all);
}

/** Ticks come from schedules, checks from people. */
type EventKind = 'tick' | 'check';

type Entry = readonly [string, unknown];

function workspaceOf(common: Environment, [name, content]: Entry, all: readonly Entry[]): ChosenWorkspace {
  if (!workspaceName.test(name) || !isJsonObject(content)) throw new ConfigError([misshapen(name)]);
  const { values, problems } = jsonVariables(Object.entries(content), {
    subject: `WORKSPACES: "${name}"`,
    unknownKey: 'unknown-variable',
    unusableValue: 'invalid-value',
    without: ['WORKSPACES'],
  });
  const shared = sharedStores(common, name, all);
  if (problems.length + shared.length > 0) throw new ConfigError([...problems, ...shared]);
  const { WORKSPACE: ofAll, ...others } = common;
  const warnings = ofAll === undefined || ofAll.trim() === '' ? [] : [sameForAll];
  return { name, environment: { ...others, ...values }, defaults: { WORKSPACE: name }, warnings };
}

/** A ledger is one workspace's. Those that only a secret names are found when both are in one container. */
function sharedStores(
  { STORE: common }: Environment,
  name: string,
  all: readonly Entry[],
): readonly Problem[] {
  const storeOf = ([, content]: Entry): unknown =>
    (isJsonObject(content) ? new Map(Object.entries(content)).get('STORE') : undefined) ?? common;
  const own = all.filter(([other]) => other === name).map(storeOf)[0];
  if (typeof own !== 'string' || /^\s*(?:memory:)?\s*$/.test(own)) return [];
  const place = placeOf(own);
  const others = all.filter((entry) => entry[0] !== name && placeOf(storeOf(entry)) === place);
  if (others.length === 0) return [];
  const names = others.map(([other]) => other);
  return [sharedStore(name, names, own)];
}

/** One place may be written in several ways. */
const placeOf = (store: unknown): string =>
  String(store)
    .trim()
    .replace(/^(\w+):(\/)?\/*/, (_, scheme: string, slash = '') => `${scheme.toLowerCase()}:${slash}`)
    .replace(/\/(?:\.?\/)+/g, '/');

/** @param place what is shown of it */
export const sharedStore = (name: string, others: readonly string[], place: string): Problem => ({
  slug: 'invalid-value',
  message: `WORKSPACES: "${name}" has the same STORE as ${others.map(showName).join(', ')}.`,
  found: showValue(place),
  expected: 'a ledger for each workspace',
  do: `put STORE into each object of WORKSPACES, such as s3://<bucket>/${name}/ledger.json.gz`,
});

const showName = (name: string): string =>
  workspaceName.test(name) ? `"${name}"` : `a name of ${name.length} characters`;

const names = (all: readonly Entry[]): string => all.map(([name]) => showName(name)).join(', ');

const eventFor = (name: string, kind: EventKind): string =>
  kind === 'check'
    ? `{"check":true,"workspace":"${name}"}`
    : `"workspace":"${name}" in the input of the schedule`;

const notOne = (asked: string): Problem => ({
  slug: 'workspace-unknown',
  message: `The event asks for the workspace "${showValue(asked)}", and WORKSPACES is not set.`,
  expected: 'an event without "workspace" for a function with one workspace',
  do: `take "workspace" out of the input of the schedule, or set WORKSPACES`,
});

function notThere(asked: string | undefined, all: readonly Entry[], kind: EventKind): Problem {
  const known = all.map(([name]) => name);
  const meant =
    asked === undefined ? undefined : nearest(asked, known, (name) => Math.max(1, name.length >> 2));
  return {
    slug: 'workspace-unknown',
    message:
      asked === undefined
        ? 'The event does not say which workspace of WORKSPACES it is for.'
        : `The event asks for the workspace "${showValue(asked)}", which is not in WORKSPACES.`,
    expected: `one of ${names(all)}`,
    do: eventFor(meant ?? known[0] ?? '<name>', kind),
  };
}

const misshapen = (name: string): Problem => ({
  slug: 'invalid-value',
  message: workspaceName.test(name)
    ? `WORKSPACES: "${name}" is not an object of variables.`
    : `WORKSPACES has ${showName(name)}, which cannot be the name of a workspace here.`,
  expected: workspacesVariables.workspaces.expected,
  do: `WORKSPACES='${workspacesVariables.workspaces.example}'`,
});

const sameForAll: Problem = {
  slug: 'value-ignored',
  message: 'WORKSPACE has no effect beside WORKSPACES: all workspaces would have the same label.',
  expected: 'WORKSPACE in the objects of WORKSPACES, where it is not to be the name',
  do: 'unset WORKSPACE',
};
