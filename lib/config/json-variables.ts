import type { Problem, Slug } from '../problem.ts';
import { showValue } from './show.ts';
import { nearestVariable } from './unknown-variables.ts';
import { variableNames } from './variables.ts';

export interface JsonVariables {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** How to speak of the object that holds the variables. */
export interface JsonPlace {
  /** Begins a sentence, such as `The secret arn:…`. */
  readonly subject: string;
  readonly unknownKey: Slug;
  readonly unusableValue: Slug;
  /** Variables that may not be in it. */
  readonly without: readonly string[];
}

/**
 * Variables that stand in a JSON object, by their names. Whole numbers, true and false count as the text that they are
 * in JSON. Problems name keys and never values.
 */
export function jsonVariables(
  entries: readonly (readonly [string, unknown])[],
  place: JsonPlace,
): JsonVariables {
  const values: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const [key, value] of entries) {
    const text = textOf(value);
    if (!variableNames.includes(key) || place.without.includes(key)) problems.push(unknownKey(key, place));
    else if (text === undefined) problems.push(unusable(key, value, place));
    else values[key] = text;
  }
  return { values, problems };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  // JSON numbers lose digits from here on.
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** A key that does not look like a name may be a secret in the wrong place: those mix letters and digits. */
const shown = (key: string): string =>
  /^(?:[A-Z][A-Z0-9_.-]{0,63}|[a-z][a-z_.-]{0,63})$/.test(key) || nearestVariable(key) !== undefined
    ? `"${showValue(key)}"`
    : `a key of ${key.length} characters`;

function unknownKey(key: string, { subject, unknownKey: slug, without }: JsonPlace): Problem {
  const meant = without.includes(key) ? undefined : nearestVariable(key);
  const wanted = meant !== undefined && without.includes(meant) ? undefined : meant;
  return {
    slug,
    message: `${subject} has ${shown(key)}${whatOf(without.includes(key), wanted)}`,
    expected: 'names of docs/CONFIGURATION.md',
    do: wanted === undefined ? 'take it out' : `rename it to ${wanted}`,
  };
}

function whatOf(isElsewhere: boolean, meant: string | undefined): string {
  if (isElsewhere) return ', which has to be a variable of the environment.';
  return meant === undefined ? ': there is no such variable.' : `: did you mean ${meant}?`;
}

const unusable = (key: string, value: unknown, { subject, unusableValue: slug }: JsonPlace): Problem => ({
  slug,
  message: `${subject} has a value that is not a text, of ${shown(key)}.`,
  found: kindOf(value),
  expected: 'a text, a whole number, true or false',
  do: 'write the value in quotation marks; JSON in a value needs \\" for its own',
});

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'number' ? 'a number that is not whole, or too large' : `an ${typeof value}`;
}
