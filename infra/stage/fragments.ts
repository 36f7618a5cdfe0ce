// CloudFormation's own Condition, Fn::If and Fn::ForEach in infra/*.yml are worked out when the stage is packaged: what
// it does not need is not in its template, and neither are conditions.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { shortForms } from './short-forms.ts';

type Tree = Readonly<Record<string, unknown>>;

export type Conditions = Readonly<Record<string, boolean>>;

/** What stands for `${Workspace.<name>}` in one copy, and conditions that hold for that copy. */
export interface Item {
  readonly texts: Readonly<Record<string, string>>;
  readonly conditions: Conditions;
}

export interface Facts {
  readonly conditions: Conditions;
  readonly collections: Readonly<Record<string, readonly Item[]>>;
}

/** A fragment with only what holds. Throws where it names a condition or a collection that there is not. */
export function readFragment(path: string, facts: Facts): Tree {
  // A fragment is a mapping; a test packages all of them.
  return prune(parse(readFileSync(path, 'utf8'), { customTags: [...shortForms] }), facts) as Tree;
}

/** Throws where two have one name: the later one would silently take the place of the other. */
export function mappingOf(entries: readonly (readonly [string, unknown])[]): Tree {
  const mapping = Object.fromEntries(entries);
  if (Object.keys(mapping).length === entries.length) return mapping;
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  throw new Error(`infra/ makes two of the name ${twice}: rename the workspace that it comes from`);
}

const noValue = Symbol('AWS::NoValue');

function prune(node: unknown, facts: Facts): unknown {
  if (Array.isArray(node)) return node.map((item) => prune(item, facts)).filter((item) => item !== noValue);
  if (!isTree(node)) return node;
  if (node.Ref === 'AWS::NoValue') return noValue;
  if (Array.isArray(node['Fn::If'])) return choose(node['Fn::If'], facts);
  const entries = Object.entries(node).flatMap(([key, value]) => pruneEntry(key, value, facts));
  return mappingOf(entries);
}

function pruneEntry(key: string, value: unknown, facts: Facts): [string, unknown][] {
  if (key.startsWith('Fn::ForEach::')) return copies(value, facts);
  if (!isTree(value) || typeof value.Condition !== 'string') {
    const pruned = prune(value, facts);
    return pruned === noValue ? [] : [[key, pruned]];
  }
  const { Condition: condition, ...rest } = value;
  return holds(String(condition), facts) ? [[key, prune(rest, facts)]] : [];
}

function choose(given: readonly unknown[], facts: Facts): unknown {
  const [condition, whenTrue, whenFalse] = given;
  return prune(holds(String(condition), facts) ? whenTrue : whenFalse, facts);
}

function holds(condition: string, { conditions }: Facts): boolean {
  const held = conditions[condition];
  if (held === undefined) throw new Error(`infra/ names a condition that there is not: ${condition}`);
  return held;
}

/** `[Workspace, <collection>, body]`: the body once for each, `${Workspace.…}` replaced in keys and texts. */
function copies(given: unknown, { conditions, collections }: Facts): [string, unknown][] {
  const [variable, name, body] = Array.isArray(given) ? given : [];
  const items = collections[String(name)];
  if (items === undefined || !isTree(body))
    throw new Error(`infra/ names a collection that there is not: ${name}`);
  return items.flatMap((item) => {
    const own = Object.fromEntries(
      Object.entries(item.conditions).map(([key, held]) => [`${variable}.${key}`, held]),
    );
    const facts = { conditions: { ...conditions, ...own }, collections };
    return Object.entries(body).flatMap(([key, value]) =>
      pruneEntry(fill(key, String(variable), item), fillIn(value, String(variable), item), facts),
    );
  });
}

function fillIn(node: unknown, variable: string, item: Item): unknown {
  if (typeof node === 'string') return fill(node, variable, item);
  if (Array.isArray(node)) return node.map((one) => fillIn(one, variable, item));
  if (!isTree(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [fill(key, variable, item), fillIn(value, variable, item)]),
  );
}

const fill = (text: string, variable: string, { texts }: Item): string =>
  text.replace(/\$\{(\w+)\.(\w+)\}/g, (whole, name: string, field: string) =>
    name === variable ? (texts[field] ?? whole) : whole,
  );

const isTree = (node: unknown): node is Tree =>
  typeof node === 'object' && node !== null && !Array.isArray(node);
