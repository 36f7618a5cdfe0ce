import * as z from 'zod';
import { createSecret, type Secret } from '../secret.ts';

/** An integer from `min` to `max`. */
export const wholeNumber = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^[+-]?\d+$/, { message: 'is not a whole number', abort: true })
    .transform(Number)
    .pipe(z.number().min(min, `is less than ${min}`).max(max, `is more than ${max}`));

const switchWords: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** On or off in the usual spellings, any case. */
export const onOff: z.ZodType<boolean, string> = z.string().transform((raw, context) => {
  const value = switchWords.get(raw.toLowerCase());
  if (value !== undefined) return value;
  context.addIssue('is neither true nor false');
  return z.NEVER;
});

/** One of a few words, any case. */
export const oneOf = <const Word extends string>(words: readonly Word[]): z.ZodType<Word, string> =>
  z.string().transform((raw, context) => {
    const found = words.find((word) => word === raw.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue(`is none of ${words.join(', ')}`);
    return z.NEVER;
  });

/** Items between commas, spaces around them removed, each once. */
export const commaList: z.ZodType<readonly string[], string> = z
  .string()
  .transform((raw) => [
    ...new Set(
      raw
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    ),
  ])
  .refine((items) => items.length > 0, 'lists nothing');

/** A JavaScript regular expression that is searched for; `^` and `$` make it match the whole name. */
export const pattern: z.ZodType<RegExp, string> = z.string().transform((raw, context) => {
  try {
    return new RegExp(raw);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /s, '') : String(error);
    context.addIssue(`is not a regular expression (${reason})`);
    return z.NEVER;
  }
});

/** One line of text. */
export const text = (maxCharacters: number): z.ZodType<string, string> =>
  z
    .string()
    .regex(/^\P{Cc}*$/u, 'holds a line break or another control character')
    .max(maxCharacters, `is longer than ${maxCharacters} characters`);

/** What a header can carry and what is never broken over lines. */
export const token: z.ZodType<Secret, string> = z
  .string()
  .trim()
  .regex(/^[!-~]+$/, 'holds spaces, line breaks or characters that a header cannot carry')
  .transform(createSecret);

export const password: z.ZodType<Secret, string> = z
  .string()
  .regex(/^\P{Cc}*$/u, 'holds a line break or another control character')
  .transform(createSecret);
