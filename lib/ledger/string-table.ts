import type { Labels } from '../metrics/family.ts';

/** Texts and lists of label names by number: the same few hundred stand in thousands of series. */
export interface TableWriter {
  text(value: string): number;
  /** The number of a list of texts. */
  shape(names: readonly string[]): number;
  /** `[shape, value, …]`. */
  labels(labels: Labels): number[];
  readonly texts: readonly string[];
  readonly shapes: readonly (readonly number[])[];
}

export function createTableWriter(): TableWriter {
  const ids = new Map<string, number>();
  const texts: string[] = [];
  const shapeIds = new Map<string, number>();
  const shapes: number[][] = [];
  const text = (value: string): number => {
    const known = ids.get(value);
    if (known !== undefined) return known;
    texts.push(value);
    ids.set(value, texts.length - 1);
    return texts.length - 1;
  };
  const shape = (names: readonly string[]): number => {
    const key = names.join('\n');
    const known = shapeIds.get(key);
    if (known !== undefined) return known;
    shapes.push(names.map(text));
    shapeIds.set(key, shapes.length - 1);
    return shapes.length - 1;
  };
  const labels = (set: Labels): number[] => [shape(Object.keys(set)), ...Object.values(set).map(text)];
  return { text, shape, labels, texts, shapes };
}

/** Reads what the writer made; throws a `RangeError` for a number that is not in it. */
export interface TableReader {
  text(id: number | undefined): string;
  shape(id: number | undefined): readonly string[];
  labels(encoded: readonly number[]): Labels;
}

export function createTableReader(
  texts: readonly string[],
  shapes: readonly (readonly number[])[],
): TableReader {
  const text = (id: number | undefined): string => at(texts, id, 'text');
  const named = shapes.map((ids) => ids.map(text));
  const shape = (id: number | undefined): readonly string[] => at(named, id, 'shape');
  return {
    text,
    shape,
    labels: ([id, ...values]) => {
      const names = shape(id);
      if (names.length !== values.length) throw new RangeError(`a label set has ${values.length} values`);
      return Object.fromEntries(names.map((name, index) => [name, text(values[index])]));
    },
  };
}

export function at<Item>(items: readonly Item[], id: number | undefined, what: string): Item {
  const item = id === undefined ? undefined : items[id];
  if (item === undefined) throw new RangeError(`there is no ${what} ${id}`);
  return item;
}
