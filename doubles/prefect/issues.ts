import type { Dialect } from './dialect.ts';
import type { Json, JsonObject } from './json.ts';

/** What is wrong with a part of a body, before it is worded the way a Pydantic version words it. */
export interface Issue {
  readonly loc: readonly (string | number)[];
  readonly problem: Problem;
  readonly input: Json;
}

export type Problem =
  | { readonly kind: 'extra' | 'missing' | 'list' | 'string' | 'boolean' | 'integer' | 'number' | 'object' }
  | { readonly kind: 'uuid' | 'datetime'; readonly text: string }
  | { readonly kind: 'minimum'; readonly minimum: number }
  | { readonly kind: 'enum'; readonly allowed: readonly string[] };

/** One entry of `exception_detail`. */
export function renderIssue(issue: Issue, dialect: Dialect): Json {
  const { loc, input, problem } = issue;
  if (dialect.pydantic === 1) return { loc, ...pydantic1(problem) };
  const { type, msg, ctx } = pydantic2(problem);
  return { type, loc, msg, input, ...(ctx && { ctx }) };
}

interface Wording {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: JsonObject;
}

const pydantic1Words = {
  extra: { msg: 'extra fields not permitted', type: 'value_error.extra' },
  missing: { msg: 'field required', type: 'value_error.missing' },
  list: { msg: 'value is not a valid list', type: 'type_error.list' },
  string: { msg: 'str type expected', type: 'type_error.str' },
  boolean: { msg: 'value could not be parsed to a boolean', type: 'type_error.bool' },
  integer: { msg: 'value is not a valid integer', type: 'type_error.integer' },
  number: { msg: 'value is not a valid float', type: 'type_error.float' },
  object: { msg: 'value is not a valid dict', type: 'type_error.dict' },
} as const;

function pydantic1(problem: Problem): { msg: string; type: string; ctx?: JsonObject } {
  switch (problem.kind) {
    case 'uuid':
      return { msg: 'value is not a valid uuid', type: 'type_error.uuid' };
    case 'datetime':
      return { msg: `Unable to parse string [${problem.text}]`, type: 'value_error.parser' };
    case 'minimum':
      return {
        msg: `ensure this value is greater than or equal to ${problem.minimum}`,
        type: 'value_error.number.not_ge',
        ctx: { limit_value: problem.minimum },
      };
    case 'enum':
      return {
        msg: `value is not a valid enumeration member; permitted: ${quoted(problem.allowed).join(', ')}`,
        type: 'type_error.enum',
        ctx: { enum_values: problem.allowed },
      };
    default:
      return pydantic1Words[problem.kind];
  }
}

const pydantic2Words = {
  extra: { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' },
  missing: { type: 'missing', msg: 'Field required' },
  list: { type: 'list_type', msg: 'Input should be a valid list' },
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  boolean: { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' },
  integer: {
    type: 'int_parsing',
    msg: 'Input should be a valid integer, unable to parse string as an integer',
  },
  number: {
    type: 'float_parsing',
    msg: 'Input should be a valid number, unable to parse string as a number',
  },
  object: {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  },
} as const;

function pydantic2(problem: Problem): Wording {
  switch (problem.kind) {
    case 'uuid': {
      const error = uuidError(problem.text);
      return { type: 'uuid_parsing', msg: `Input should be a valid UUID, ${error}`, ctx: { error } };
    }
    case 'datetime': {
      const msg = `Value error, Unable to parse string [${problem.text}]`;
      return { type: 'value_error', msg, ctx: { error: {} } };
    }
    case 'minimum': {
      const msg = `Input should be greater than or equal to ${problem.minimum}`;
      return { type: 'greater_than_equal', msg, ctx: { ge: problem.minimum } };
    }
    case 'enum': {
      const expected = alternatives(problem.allowed);
      return { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } };
    }
    default:
      return pydantic2Words[problem.kind];
  }
}

/** As Rust's uuid crate says it, for the commonest mistakes. */
function uuidError(text: string): string {
  const at = [...text].findIndex((character) => !/[0-9a-f-]/i.test(character));
  if (at !== -1) return `invalid character: found \`${text.charAt(at)}\` at ${at}`;
  return `invalid length: expected length 32 for simple format, found ${text.length}`;
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`);

function alternatives(words: readonly string[]): string {
  const all = quoted(words);
  const last = all.pop() ?? '';
  return all.length === 0 ? last : `${all.join(', ')} or ${last}`;
}
