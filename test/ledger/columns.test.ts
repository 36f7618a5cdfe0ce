import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createColumnWriter, readColumns } from '../../lib/ledger/columns.ts';

/** Rows are ticks; what is undefined is not in the tick. */
const matrix = fc.tuple(fc.nat(6), fc.nat(5)).chain(([ticks, series]) =>
  fc.array(
    fc.array(
      fc.option(fc.oneof(fc.constantFrom(0, 1, 5e-324, 0.1 + 0.2, 2 ** 53), fc.double({ noNaN: true })), {
        nil: undefined,
      }),
      {
        minLength: series,
        maxLength: series,
      },
    ),
    { minLength: ticks, maxLength: ticks },
  ),
);

function written(rows: readonly (readonly (number | undefined)[])[], seriesCount: number) {
  const writer = createColumnWriter();
  for (const [tick, row] of rows.entries()) {
    for (const [series, value] of row.entries()) if (value !== undefined) writer.add(series, tick, value);
  }
  return writer.columns(seriesCount, rows.length);
}

describe('columns', () => {
  test('give back every value at its tick, also after JSON', () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const finite = rows.map((row) =>
          row.map((value) => (Number.isFinite(value) ? Number(value) + 0 : undefined)),
        );
        const seriesCount = rows[0]?.length ?? 0;
        const columns = JSON.parse(JSON.stringify(written(finite, seriesCount)));
        const read = finite.map((row) => row.map((): number | undefined => undefined));
        for (const [tick, { series, values }] of readColumns(columns, rows.length).entries()) {
          expect(values).toHaveLength(series.length);
          for (const [index, one] of series.entries()) read[tick]?.splice(one, 1, values[index]);
        }
        expect(read).toEqual(finite);
      }),
    );
  });

  test('are one run where nothing changes, and have those of series that never come', () => {
    const rows = Array.from({ length: 360 }, () => [7, undefined]);
    expect(written(rows, 3)).toEqual([
      [7, 360],
      [null, 360],
      [null, 360],
    ]);
  });

  test.each<[string, (number | null)[]]>([
    ['too short', [1, 2]],
    ['too long', [1, 2, null, 2]],
    ['longer than anybody can wait for', [1, 1e15]],
    ['with a negative length', [1, -1, 1, 4]],
    ['with half a length', [1, 1.5, 1, 1.5]],
    ['with a length of none', [1, 3, 2, 0]],
    ['with a value without a length', [1, 3, 2]],
    ['with the length null', [1, 3, 2, null]],
  ])('of which one is %s are refused', (_, column) => {
    expect(() => readColumns([column], 3)).toThrow(RangeError);
  });
});
