/** What a stack would know: for `Ref` and `Fn::GetAtt` of its resources, and pseudo parameters such as AWS::Region. */
export interface Known {
  /** By logical id, or the name of a pseudo parameter. */
  readonly refs: Readonly<Record<string, string>>;
  /** By `<logical id>.<attribute>`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A part of a template with its functions worked out. Throws where one of them is not known. */
export function resolve(node: unknown, known: Known): unknown {
  if (Array.isArray(node)) return node.map((item) => resolve(item, known));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node);
  const [[name, argument] = ['', undefined]] = entries;
  if (entries.length === 1 && name === 'Ref') return value(known.refs, String(argument));
  if (entries.length === 1 && name.startsWith('Fn::')) return call(name, argument, known);
  return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner, known)]));
}

function call(name: string, argument: unknown, known: Known): string {
  if (name === 'Fn::Sub') return substitute(String(argument), known);
  if (!Array.isArray(argument)) throw new Error(`${name} of ${JSON.stringify(argument)}`);
  if (name === 'Fn::GetAtt') return value(known.attributes, argument.join('.'));
  const [separator, parts] = argument;
  const resolved = resolve(parts, known);
  if (name === 'Fn::Join' && Array.isArray(resolved)) return resolved.join(String(separator));
  throw new Error(`${name} is not known here`);
}

const substitute = (text: string, known: Known): string =>
  text.replace(/\$\{([\w:.]+)\}/g, (_, name: string) =>
    name.includes('.') ? value(known.attributes, name) : value(known.refs, name),
  );

function value(values: Readonly<Record<string, string>>, name: string): string {
  const found = values[name];
  if (found === undefined) throw new Error(`${name} is not among what the stack knows`);
  return found;
}
