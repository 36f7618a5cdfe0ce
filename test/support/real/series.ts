import type { InstantSample } from './promql.ts';

/** What a value must be: a number, or a range where it moves while it is read (a duration up to now). */
export type Expectation = number | { readonly from: number; readonly to: number };

/** Labels (`__name__` among them, none empty) and value of one series. */
export interface ExpectedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: Expectation;
}

type Found = Pick<InstantSample, 'labels' | 'value'>;

/** One text for each label set, whatever the order of the labels. */
export const seriesText = ({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
};

/**
 * Everything in which the stored series differ from the expected ones, a line for each; none when they are the
 * same. Numbers are compared as doubles, exactly, unless the receiver keeps fewer digits.
 *
 * @param slack by how much a stored value may be off
 */
export function seriesDifferences(
  expected: readonly ExpectedSeries[],
  found: readonly Found[],
  slack: (value: number) => number = () => 0,
): string[] {
  const wanted = new Map(expected.map(({ labels, value }) => [seriesText(labels), value]));
  const stored = new Map(found.map(({ labels, value }) => [seriesText(labels), value]));
  const twice = [
    ...(wanted.size < expected.length ? ['the expected series are not distinct'] : []),
    ...(stored.size < found.length ? ['a series was found twice'] : []),
  ];
  const wrong = [...wanted].flatMap(([series, value]) => {
    const actual = stored.get(series);
    if (actual === undefined) return [`missing: ${series} ${JSON.stringify(value)}`];
    return matches(value, actual, slack(actual))
      ? []
      : [`wrong: ${series} is ${actual}, not ${JSON.stringify(value)}`];
  });
  const unexpected = [...stored].flatMap(([series, value]) =>
    wanted.has(series) ? [] : [`unexpected: ${series} ${value}`],
  );
  return [...twice, ...wrong, ...unexpected];
}

function matches(expected: Expectation, actual: number, slack: number): boolean {
  const { from, to } = typeof expected === 'number' ? { from: expected, to: expected } : expected;
  return actual >= from - slack && actual <= to + slack;
}
