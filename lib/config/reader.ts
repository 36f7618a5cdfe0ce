import type { Problem } from '../problem.ts';
import { createRawValues, type Environment, type ReadFile } from './raw-values.ts';
import { isArn } from './secret-arn.ts';
import { arnInFile, arnUnderArn, invalid, missing } from './value-problems.ts';
import type { DefaultedVariable, OptionalVariable, Variable } from './variable.ts';

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

/** Editors and `kubectl create secret --from-file` leave a line break at the end. */
const tidy = (variable: Variable, raw: string): string =>
  variable.secret || variable.verbatim ? raw.replace(/[\r\n]+$/, '') : raw.trim();

const inQuotationMarks = /^(["'])[\s\S]*\1$/;

export function createReader(environment: Environment, readFile: ReadFile): Reader {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const values = new Map<string, unknown>();
  const raw = createRawValues(environment, readFile, (problem) => problems.push(problem));

  const parse = (variable: Variable): unknown => {
    const given = raw.get(variable);
    const value = given === undefined ? undefined : tidy(variable, given);
    const found = value === undefined ? [] : problemsWith(variable, value);
    problems.push(...found);
    const usable = found.length === 0 && value !== undefined ? value : variable.default;
    return usable === undefined ? undefined : variable.schema.parse(usable);
  };

  const problemsWith = (variable: Variable, value: string): readonly Problem[] => {
    if (!variable.secret || !isArn(value)) return problemsOf(variable, value);
    return [raw.isInFile(variable) ? arnInFile(variable) : arnUnderArn(variable)];
  };

  const get = <Value>(variable: Variable<Value>): Value => {
    if (!values.has(variable.name)) values.set(variable.name, parse(variable));
    // A name stands for one variable, so what is kept under it came out of this variable's schema.
    return values.get(variable.name) as Value;
  };

  return {
    problems,
    warnings,
    get,
    isSet: raw.isSet,
    required: (variable) => {
      if (!raw.isSet(variable)) problems.push(missing(variable));
      return get(variable);
    },
    file: (variable) => {
      const path = get(variable);
      return path === undefined ? undefined : raw.file(variable.name, path);
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
