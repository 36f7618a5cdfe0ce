import type uPlot from 'uplot';
import { colourVariable } from './colours.ts';
import { element, setText } from './dom.ts';
import { type Line, largest } from './lines.ts';
import { createPlot, plotData } from './plot.ts';
import { formatClock, formatShort, type Unit } from './unit.ts';

export interface ChartContent {
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** What to say where there is no line. */
  readonly empty: string;
}

export interface ChartOptions {
  readonly title: string;
  /** The family, shown in small print and a link to its own view. */
  readonly family: string;
  readonly unit: Unit;
  readonly height: number;
  readonly maxLines: number;
}

/** A card with a title, a drawing and a legend that shows the value under the pointer, else the newest. */
export interface Chart {
  readonly card: HTMLElement;
  update(content: ChartContent): void;
  resize(): void;
  destroy(): void;
}

interface Row {
  readonly line: Line;
  readonly value: HTMLElement;
}

export function createChart(options: ChartOptions): Chart {
  const parts = chartParts(options);
  const drawnAs = options.unit === 'timestamp' ? 'age' : '';
  let plot: uPlot | undefined;
  let shape = '';
  let rows: Row[] = [];
  let times: readonly number[] = [];
  let pointed: number | null = null;

  const showValues = () => {
    const index = pointed ?? times.length - 1;
    const pointedMs = pointed === null ? undefined : times[pointed];
    setText(parts.drawnAs, pointedMs === undefined ? drawnAs : formatClock(pointedMs));
    for (const { line, value } of rows) setText(value, formatShort(options.unit, line.values[index]));
  };
  const destroy = () => {
    plot?.destroy();
    plot = undefined;
  };
  const rebuild = (lines: readonly Line[]) => {
    destroy();
    const colours = lines.map(({ label }, position) => colourVariable(label, position));
    const focus = (position: number | null) =>
      plot?.setSeries(position === null ? null : position + 1, { focus: true });
    rows = lines.map((line) => ({ line, value: legendValue() }));
    parts.legend.replaceChildren(
      ...rows.map(({ line, value }, position) =>
        legendRow(line, value, { colour: colours[position] ?? '', position, focus }),
      ),
    );
    if (lines.length === 0) return;
    const onPoint = (index: number | null) => {
      pointed = index;
      showValues();
    };
    plot = createPlot(parts.drawing, lines, { unit: options.unit, height: options.height, colours, onPoint });
  };

  return {
    card: parts.card,
    update(content) {
      const { shown, hidden } = largest(content.lines, options.maxLines);
      const nextShape = JSON.stringify(shown.map(({ key, label }) => [key, label]));
      if (nextShape !== shape || (plot === undefined && shown.length > 0)) rebuild(shown);
      shape = nextShape;
      times = content.times;
      rows = rows.map(({ value }, position) => ({ value, line: shown[position] ?? emptyLine }));
      plot?.setData(plotData(content.times, shown));
      parts.card.classList.toggle('is-empty', shown.length === 0);
      setText(parts.empty, shown.length === 0 ? content.empty : '');
      setText(parts.more, hidden === 0 ? '' : `and ${hidden} more with smaller values`);
      showValues();
    },
    resize() {
      plot?.setSize({ width: parts.drawing.clientWidth, height: options.height });
    },
    destroy,
  };
}

const emptyLine: Line = { key: '', label: '', title: '', values: [] };

function chartParts({ title, family, height }: ChartOptions) {
  const drawing = element('div', { class: 'drawing' });
  const empty = element('p', { class: 'empty' });
  const legend = element('ul', { class: 'legend' });
  const more = element('p', { class: 'more' });
  drawing.style.minHeight = `${height}px`;
  const link = element('a', { href: `#family=${encodeURIComponent(family)}`, class: 'family-link' }, family);
  const drawnAs = element('span', { class: 'drawn-as' });
  const heading = title === family ? element('h2', { class: 'mono' }, link) : element('h2', {}, title);
  const card = element(
    'article',
    { class: 'card', 'data-family': family },
    element('header', {}, heading, drawnAs, title === family ? undefined : link),
    drawing,
    empty,
    legend,
    more,
  );
  return { card, drawing, empty, legend, more, drawnAs };
}

const legendValue = () => element('span', { class: 'legend-value' });

function legendRow(
  line: Line,
  value: HTMLElement,
  { colour, position, focus }: { colour: string; position: number; focus(position: number | null): void },
): HTMLElement {
  const swatch = element('span', { class: 'swatch' });
  swatch.style.background = `var(${colour})`;
  const label = element('span', { class: 'legend-label' }, line.label);
  const row = element('li', { title: line.title, 'data-key': line.key }, swatch, label, value);
  row.addEventListener('pointerenter', () => focus(position));
  row.addEventListener('pointerleave', () => focus(null));
  return row;
}
