export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member as an object; undefined when it is null, absent or something else. */
export function objectAt(value: JsonObject | undefined, key: string): JsonObject | undefined {
  const member = value?.[key];
  return isObject(member) ? member : undefined;
}

/** The member as a list of strings; undefined when it is no list. Other items are left out. */
export function stringsAt(value: JsonObject | undefined, key: string): readonly string[] | undefined {
  const member = value?.[key];
  return Array.isArray(member) ? member.filter((item) => typeof item === 'string') : undefined;
}

export function stringAt(value: JsonObject | undefined, key: string): string | undefined {
  const member = value?.[key];
  return typeof member === 'string' ? member : undefined;
}

export function numberAt(value: JsonObject | undefined, key: string): number | undefined {
  const member = value?.[key];
  return typeof member === 'number' ? member : undefined;
}

export function booleanAt(value: JsonObject | undefined, key: string): boolean | undefined {
  const member = value?.[key];
  return typeof member === 'boolean' ? member : undefined;
}
