/** A value that AWS knows when the stack is there: the `Ref` of a resource. */
export interface Reference {
  readonly Ref: string;
  /** As long as the longest value it can have, for counting bytes. */
  readonly sample: string;
}

/** A text with references in it. */
export type Text = readonly (string | Reference)[];

/** As CloudFormation takes it. */
export type TemplateText =
  | string
  | { readonly Ref: string }
  | { readonly 'Fn::Join': readonly [string, readonly unknown[]] };

export function inTemplate(text: Text): TemplateText {
  const [only = '', ...more] = text;
  const plain = text.map((part) => (typeof part === 'string' ? part : { Ref: part.Ref }));
  if (more.length > 0) return { 'Fn::Join': ['', plain] };
  return typeof only === 'string' ? only : { Ref: only.Ref };
}

export const longest = (text: Text): string =>
  text.map((part) => (typeof part === 'string' ? part : part.sample)).join('');

/** JSON of texts, as one text. References hold characters only that JSON does not escape. */
export function jsonOf(values: Readonly<Record<string, Readonly<Record<string, Text>>>>): Text {
  const references: Reference[] = [];
  const marked = JSON.stringify(values, (_, value: unknown) => {
    // Texts are the only arrays in it.
    if (!Array.isArray(value)) return value;
    return value
      .map((part: string | Reference) => (typeof part === 'string' ? part : mark(references.push(part) - 1)))
      .join('');
  });
  const parts = marked.split(/\\u0000(\d+)\\u0000/);
  return parts.flatMap((part, index): (string | Reference)[] => {
    if (index % 2 === 0) return part === '' ? [] : [part];
    const reference = references[Number(part)];
    return reference === undefined ? [] : [reference];
  });
}

/** JSON writes the null character as `\\u0000`; no variable holds one. */
const mark = (index: number): string => `\u0000${index}\u0000`;
