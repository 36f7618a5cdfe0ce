import { element, setText } from './dom.ts';
import type { Line } from './lines.ts';
import { formatShort, type Unit } from './unit.ts';

/** The rows below a chart: colour, label, value. */
export interface Legend {
  readonly list: HTMLElement;
  /** Anew, for these lines. `focus` is called with the position of the row under the pointer, or null. */
  rebuild(lines: readonly Line[], colours: readonly string[], focus: (position: number | null) => void): void;
  /** The values at this position of the same lines. */
  show(lines: readonly Line[], index: number): void;
}

export function createLegend(unit: Unit): Legend {
  const list = element('ul', { class: 'legend' });
  let values: HTMLElement[] = [];
  return {
    list,
    rebuild(lines, colours, focus) {
      values = lines.map(() => element('span', { class: 'legend-value' }));
      const rows = lines.map((line, position) => {
        const row = legendRow(line, colours[position] ?? '', values[position]);
        row.addEventListener('pointerenter', () => focus(position));
        row.addEventListener('pointerleave', () => focus(null));
        return row;
      });
      list.replaceChildren(...rows);
    },
    show(lines, index) {
      values.forEach((value, position) => {
        setText(value, formatShort(unit, lines[position]?.values[index]));
      });
    },
  };
}

function legendRow(line: Line, colour: string, value: HTMLElement | undefined): HTMLElement {
  const swatch = element('span', { class: 'swatch' });
  swatch.style.background = `var(${colour})`;
  const label = element('span', { class: 'legend-label' }, line.label);
  return element('li', { title: line.title, 'data-key': line.key }, swatch, label, value);
}
