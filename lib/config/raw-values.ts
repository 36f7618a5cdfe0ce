import type { Problem } from '../problem.ts';
import { bothForms, emptyFile, unreadable } from './value-problems.ts';
import { fileFormOf, type Variable } from './variable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a file; throws what `node:fs` throws. */
export type ReadFile = (path: string) => string;

/** Values as they stand in the environment and in files, before anything is made of them. */
export interface RawValues {
  /** Undefined where there is none and where it cannot be read; the latter is reported. */
  get(variable: Variable): string | undefined;
  /** Whether either form is there, readable or not. */
  isSet(variable: Variable): boolean;
  /** Whether a variable names a file with the value. */
  isInFile(variable: Variable): boolean;
  /** The text of a file that the variable `name` names. */
  file(name: string, path: string): string | undefined;
}

/** An empty variable counts as one that is not set: `NAME=` is how people switch one off. */
const present = (raw: string | undefined): string | undefined =>
  raw === undefined || raw.trim() === '' ? undefined : raw;

export function createRawValues(
  environment: Environment,
  readFile: ReadFile,
  report: (problem: Problem) => void,
): RawValues {
  const direct = (variable: Variable): string | undefined =>
    (variable.lowerCaseToo ? present(environment[variable.name.toLowerCase()]) : undefined) ??
    present(environment[variable.name]);

  const filePath = (variable: Variable): string | undefined =>
    variable.secret ? present(environment[fileFormOf(variable)])?.trim() : undefined;

  const file = (name: string, path: string): string | undefined => {
    try {
      return readFile(path);
    } catch (error) {
      report(unreadable(name, path, error));
      return undefined;
    }
  };

  const fromFile = (variable: Variable, path: string): string | undefined => {
    const content = file(fileFormOf(variable), path);
    if (content !== undefined && present(content) === undefined) report(emptyFile(variable, path));
    return present(content);
  };

  return {
    file,
    isInFile: (variable) => filePath(variable) !== undefined,
    isSet: (variable) => direct(variable) !== undefined || filePath(variable) !== undefined,
    get: (variable) => {
      const value = direct(variable);
      const path = filePath(variable);
      if (path === undefined) return value;
      if (value === undefined) return fromFile(variable, path);
      report(bothForms(variable));
      return undefined;
    },
  };
}
