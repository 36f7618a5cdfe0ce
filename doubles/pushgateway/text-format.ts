export interface TextFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly TextSample[];
}

export interface TextSample {
  /** In a histogram with `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly hasTimestamp: boolean;
}

/** What is wrong with the text, in the words of prometheus/common `expfmt`. */
export class TextFormatError extends Error {
  override readonly name = 'TextFormatError';

  constructor(line: number, what: string) {
    super(`text format parsing error in line ${line}: ${what}`);
  }
}

const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+(-?\d+))?$/s;
const labelPattern = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const commentPattern = /^# (HELP|TYPE) (\S+) ?(.*)$/s;

/** Reads exposition text 0.0.4, strictly. */
export function parseText(text: string): TextFamily[] {
  const families = new Map<string, { type: string; help: string; samples: TextSample[] }>();
  const family = (name: string) => {
    const known = families.get(name) ?? { type: 'untyped', help: '', samples: [] };
    families.set(name, known);
    return known;
  };
  /** The histogram that has been announced and has such series, or else the name itself. */
  const familyOf = (name: string): string => {
    const histogram = name.replace(/_(?:bucket|sum|count)$/, '');
    return families.get(histogram)?.type === 'histogram' ? histogram : name;
  };
  const lines = text.split('\n');
  if (lines.at(-1) !== '') throw new TextFormatError(lines.length, 'unexpected end of input stream');
  for (const [index, line] of lines.entries()) {
    const comment = commentPattern.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'TYPE') family(name).type = rest;
      else family(name).help = rest.replace(/\\([\\n])/g, unescaped);
    } else if (line !== '' && !line.startsWith('#')) {
      const sample = parseSample(line, index + 1);
      family(familyOf(sample.name)).samples.push(sample);
    }
  }
  return [...families].map(([name, rest]) => ({ name, ...rest })).filter(({ samples }) => samples.length > 0);
}

function parseSample(line: string, number: number): TextSample {
  const [, name, labels = '', value = '', timestamp] = samplePattern.exec(line) ?? [];
  if (name === undefined) throw new TextFormatError(number, `unexpected ${JSON.stringify(line)}`);
  return {
    name,
    labels: parseLabels(labels, number),
    value: parseValue(value, number),
    hasTimestamp: timestamp !== undefined,
  };
}

function parseLabels(text: string, line: number): Record<string, string> {
  const labels: [string, string][] = [];
  for (let rest = text; rest !== ''; ) {
    const [whole, name = '', value = ''] = labelPattern.exec(rest) ?? [];
    if (whole === undefined) throw new TextFormatError(line, `unexpected label ${JSON.stringify(rest)}`);
    labels.push([name, value.replace(/\\(["\\n])/g, unescaped)]);
    rest = rest.slice(whole.length);
  }
  return Object.fromEntries(labels);
}

function parseValue(text: string, line: number): number {
  if (/^[+-]?Inf$/.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (Number.isNaN(value))
    throw new TextFormatError(line, `expected float as value, got ${JSON.stringify(text)}`);
  return value;
}

const unescaped = (_: string, character: string): string => (character === 'n' ? '\n' : character);
