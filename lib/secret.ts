import { inspect } from 'node:util';
import { maskSecret } from './problem.ts';

/** A value that shows itself masked wherever it is printed by accident; `reveal` is for the request that needs it. */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export function createSecret(value: string): Secret {
  const masked = maskSecret(value);
  const secret = { reveal: () => value, toString: () => masked, toJSON: () => masked };
  return Object.defineProperty(secret, inspect.custom, { value: () => masked });
}
