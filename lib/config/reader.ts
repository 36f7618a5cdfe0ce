import { maskSecret, type Problem } from '../problem.ts';
import { assignment, showAddress, showPath, showValue } from './show.ts';
import { type DefaultedVariable, fileFormOf, type OptionalVariable, type Variable } from './variable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a file; throws what `node:fs` throws. */
export type ReadFile = (path: string) => string;

/** Reads variables and collects what is wrong with them, so that everything is reported together. */
export interface Reader {
  /** The value or the default. Reports a value that cannot be used, once, and goes on with the default. */
  get<Value>(variable: DefaultedVariable<Value>): Value;
  get<Value>(variable: OptionalVariable<Value>): Value | undefined;
  /** Like `get`, and reports a variable that is not set. */
  required<Value>(variable: OptionalVariable<Value>): Value | undefined;
  /** The text of the file that a variable names. */
  file(variable: OptionalVariable<string>): string | undefined;
  /** True for both forms of a secret, and for values that cannot be used. */
  isSet(variable: Variable): boolean;
  report(problem: Problem): void;
  warn(problem: Problem): void;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** An empty variable counts as one that is not set: `NAME=` is how people switch one off. */
const present = (raw: string | undefined): string | undefined =>
  raw === undefined || raw.trim() === '' ? undefined : raw;

/** Editors and `kubectl create secret --from-file` leave a line break at the end. */
const tidy = (variable: Variable, raw: string): string =>
  variable.secret || variable.verbatim ? raw.replace(/[\r\n]+$/, '') : raw.trim();

const inQuotationMarks = /^(["'])[\s\S]*\1$/;

export function createReader(environment: Environment, readFile: ReadFile): Reader {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const values = new Map<string, unknown>();

  const direct = (variable: Variable): string | undefined =>
    (variable.lowerCaseToo ? present(environment[variable.name.toLowerCase()]) : undefined) ??
    present(environment[variable.name]);

  const filePath = (variable: Variable): string | undefined =>
    variable.secret ? present(environment[fileFormOf(variable)])?.trim() : undefined;

  const textOf = (name: string, path: string): string | undefined => {
    try {
      return readFile(path);
    } catch (error) {
      problems.push(unreadable(name, path, error));
      return undefined;
    }
  };

  const rawOf = (variable: Variable): string | undefined => {
    const value = direct(variable);
    const path = filePath(variable);
    if (path === undefined) return value;
    if (value !== undefined) {
      problems.push(bothForms(variable));
      return undefined;
    }
    const content = textOf(fileFormOf(variable), path);
    if (content !== undefined && present(content) === undefined) problems.push(emptyFile(variable, path));
    return present(content);
  };

  const parse = (variable: Variable): unknown => {
    const raw = rawOf(variable);
    const value = raw === undefined ? undefined : tidy(variable, raw);
    const found = value === undefined ? [] : problemsOf(variable, value);
    problems.push(...found);
    const usable = found.length === 0 && value !== undefined ? value : variable.default;
    return usable === undefined ? undefined : variable.schema.parse(usable);
  };

  const get = <Value>(variable: Variable<Value>): Value => {
    if (!values.has(variable.name)) values.set(variable.name, parse(variable));
    // A name stands for one variable, so what is kept under it came out of this variable's schema.
    return values.get(variable.name) as Value;
  };

  const isSet = (variable: Variable): boolean =>
    direct(variable) !== undefined || filePath(variable) !== undefined;

  return {
    problems,
    warnings,
    get,
    isSet,
    required: (variable) => {
      if (!isSet(variable)) problems.push(missing(variable));
      return get(variable);
    },
    file: (variable) => {
      const path = get(variable);
      return path === undefined ? undefined : textOf(variable.name, path);
    },
    report: (problem) => problems.push(problem),
    warn: (problem) => warnings.push(problem),
  };
}

/** Everything that is wrong with one value. */
function problemsOf(variable: Variable, raw: string): readonly Problem[] {
  if (!variable.verbatim && inQuotationMarks.test(raw)) {
    return [invalid(variable, raw, 'is in quotation marks, and they are part of the value')];
  }
  const mistake = variable.mistake?.(raw);
  if (mistake !== undefined) return [mistake];
  const result = variable.schema.safeParse(raw);
  return result.success ? [] : result.error.issues.map((issue) => invalid(variable, raw, issue.message));
}

/** A value that cannot be used; `what` completes the sentence "NAME …". */
export function invalid(variable: Variable, raw: string, what: string): Problem {
  const show = variable.secret ? maskSecret : variable.address ? showAddress : showValue;
  return {
    slug: 'invalid-value',
    message: `${variable.name} ${what}.`,
    found: show(raw),
    expected: variable.expected,
    do: assignment(variable.name, variable.example),
  };
}

/** A variable that is needed and not set; `why` completes the sentence "NAME is not set…". */
export function missing(variable: Variable, why = ''): Problem {
  return {
    slug: 'missing-value',
    message: `${variable.name} is not set${why}.`,
    expected: variable.expected,
    do: assignment(variable.name, variable.example),
  };
}

const bothForms = (variable: Variable): Problem => ({
  slug: 'invalid-value',
  message: `${variable.name} and ${fileFormOf(variable)} are both set.`,
  expected: 'one of them',
  do: `unset ${variable.name}, or unset ${fileFormOf(variable)}`,
});

const emptyFile = (variable: Variable, path: string): Problem => ({
  slug: 'missing-value',
  message: `The file that ${fileFormOf(variable)} names is empty.`,
  found: showPath(path),
  expected: `a file that holds ${variable.expected}`,
  do: `write the value into the file, or set ${variable.name}`,
});

function unreadable(name: string, path: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return {
    slug: 'invalid-value',
    message: `${name} names a file that cannot be read (${code}).`,
    found: showPath(path),
    expected: 'the path of a file that this process may read',
    do: `${name}=/etc/prefect-exporter/…, and read permission for the user of this process`,
  };
}
