import type * as z from 'zod';
import type { Problem } from '../problem.ts';

export type Group =
  | 'Prefect'
  | 'Remote write'
  | 'Pushgateway'
  | 'Secrets'
  | 'Workspaces'
  | 'Tick'
  | 'Store'
  | 'Series'
  | 'Ledger'
  | 'Network'
  | 'Log';

interface Described<Value> {
  readonly name: string;
  readonly group: Group;
  /** One line, for docs/CONFIGURATION.md. */
  readonly description: string;
  /** What a value looks like; completes "expected …". */
  readonly expected: string;
  /** A value that is accepted. */
  readonly example: string;
  /** From the string of the environment; issues complete the sentence "NAME …" and never quote a secret. */
  readonly schema: z.ZodType<Value, string>;
  /** Masked wherever it is shown, and has a form `NAME_FILE` that names a file with the value. */
  readonly secret?: boolean;
  /** Tells the other side who asks: changes while a process runs without anything else of it. */
  readonly credential?: boolean;
  /** Shown without what stands before an `@` and after a `?`. */
  readonly address?: boolean;
  /** Taken as it is: quotation marks and spaces around it belong to the value. */
  readonly verbatim?: boolean;
  /** Read under its lower-case name too, which wins (the convention of curl). */
  readonly lowerCaseToo?: boolean;
  /** Recognises a classic mistake before the schema sees the value. */
  readonly mistake?: (raw: string) => Problem | undefined;
}

/** Has the value of `default` when it is not set. */
export interface DefaultedVariable<Value> extends Described<Value> {
  readonly default: string;
}

/** May be absent. */
export interface OptionalVariable<Value> extends Described<Value> {
  readonly default?: undefined;
  /** What holds then, such as `no proxy`; `required` where there is no then. */
  readonly unset: string;
}

export type Variable<Value = unknown> = DefaultedVariable<Value> | OptionalVariable<Value>;

export const defaulted = <Value>(variable: DefaultedVariable<Value>): DefaultedVariable<Value> => variable;

export const optional = <Value>(variable: OptionalVariable<Value>): OptionalVariable<Value> => variable;

/** The variable that names a file with the value of a secret one. */
export const fileFormOf = (variable: Variable): string => `${variable.name}_FILE`;
