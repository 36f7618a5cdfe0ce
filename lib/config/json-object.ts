import * as z from 'zod';
import { showValue } from './show.ts';

/** A JSON object whose values are strings, as entries. Issues name keys, never values: they may be secret. */
export const jsonObject: z.ZodType<readonly (readonly [string, string])[], string> = z
  .string()
  .transform((raw, context) => {
    const entries = parseJsonObject(raw);
    if (entries === undefined) {
      context.addIssue('is not a JSON object');
      return z.NEVER;
    }
    const wrong = entries.filter(([, value]) => typeof value !== 'string').map(([key]) => key);
    for (const key of wrong) context.addIssue(`has a value that is not a string, of "${showValue(key)}"`);
    return entries.map(([key, value]) => [key, String(value)] as const);
  });

/** The entries of a JSON object; undefined for any other text. */
export function parseJsonObject(raw: string): readonly (readonly [string, unknown])[] | undefined {
  try {
    const parsed: unknown = JSON.parse(raw);
    return isJsonObject(parsed) ? Object.entries(parsed) : undefined;
  } catch {
    // The message of the parser quotes the text.
    return undefined;
  }
}

export const isJsonObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
