import * as z from 'zod';
import { showValue } from './show.ts';

/** A JSON object whose values are strings, as entries. Issues name keys, never values: they may be secret. */
export const jsonObject: z.ZodType<readonly (readonly [string, string])[], string> = z
  .string()
  .transform((raw, context) => {
    const entries = parseObject(raw);
    if (entries === undefined) {
      context.addIssue('is not a JSON object');
      return z.NEVER;
    }
    const wrong = entries.filter(([, value]) => typeof value !== 'string').map(([key]) => key);
    for (const key of wrong) context.addIssue(`has a value that is not a string, of "${showValue(key)}"`);
    return entries.map(([key, value]) => [key, String(value)] as const);
  });

function parseObject(raw: string): [string, unknown][] | undefined {
  try {
    const parsed: unknown = JSON.parse(raw);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? Object.entries(parsed) : undefined;
  } catch {
    // The message of the parser quotes the text.
    return undefined;
  }
}
