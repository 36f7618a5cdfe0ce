import { byId, element, setText } from './dom.ts';
import type { HistorySeries } from './history.ts';
import { differingLabels, labelNames, labelText } from './lines.ts';
import { drawn, formatValue, type Unit, unitOf } from './unit.ts';

export interface SeriesTable {
  update(series: readonly HistorySeries[], newestMs: number): void;
}

const maxRows = 200;

/** Every series with the labels that tell it from the others, its newest value, and the raw number as a tooltip. */
export function createSeriesTable(): SeriesTable {
  const table = byId('table', HTMLElement);
  let shown = '';
  let cells: HTMLElement[] = [];
  return {
    update(series, newestMs) {
      const names = shownLabels(series);
      const rows = inOrder(series, names).slice(0, maxRows);
      table.hidden = rows.length === 0;
      const next = JSON.stringify(rows.map(({ key }) => key));
      if (next !== shown) {
        shown = next;
        cells = rows.map(() => element('td', { class: 'number' }));
        table.replaceChildren(...build(names, rows, cells, series.length - rows.length));
      }
      rows.forEach(({ name, values }, index) => {
        const cell = cells[index];
        if (cell !== undefined) fill(cell, unitOf(name), values.at(-1) ?? null, newestMs);
      });
    },
  };
}

/** The labels that tell the series apart, all of them where there is only one. */
function shownLabels(series: readonly HistorySeries[]): string[] {
  const differing = differingLabels(series);
  return differing.length === 0 ? labelNames(series) : differing;
}

function inOrder(series: readonly HistorySeries[], names: readonly string[]): HistorySeries[] {
  const text = ({ labels }: HistorySeries) => labelText(labels, names);
  return [...series].sort((a, b) => text(a).localeCompare(text(b), 'en', { numeric: true }));
}

function build(
  names: readonly string[],
  rows: readonly HistorySeries[],
  cells: readonly HTMLElement[],
  rest: number,
): HTMLElement[] {
  const head = element(
    'tr',
    {},
    ...names.map((name) => element('th', {}, name)),
    element('th', { class: 'number' }, 'value'),
  );
  const body = rows.map(({ key, labels }, index) =>
    element(
      'tr',
      { title: key },
      ...names.map((name) => element('td', {}, labels[name] || '–')),
      cells[index],
    ),
  );
  const caption =
    rest === 0 ? undefined : element('caption', {}, `${rest} more series; search to narrow the list.`);
  return [element('table', {}, caption, element('thead', {}, head), element('tbody', {}, ...body))];
}

function fill(cell: HTMLElement, unit: Unit, value: number | null, newestMs: number): void {
  setText(cell, formatValue(unit, drawn(unit, value, newestMs)));
  cell.title = value === null ? 'not in the last tick' : String(value);
}
