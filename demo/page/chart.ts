import type uPlot from 'uplot';
import { colourVariable } from './colours.ts';
import { element, setText } from './dom.ts';
import { createLegend } from './legend.ts';
import { type Line, largest } from './lines.ts';
import { createPlot, plotData } from './plot.ts';
import { formatClock, type Unit } from './unit.ts';

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

export function createChart(options: ChartOptions): Chart {
  const { unit, height, maxLines } = options;
  const legend = createLegend(unit);
  const parts = chartParts(options, legend.list);
  const drawing = createDrawing(parts.drawing, unit, height);
  let content: ChartContent = { times: [], lines: [], empty: '' };
  let pointed: number | null = null;

  const showValues = () => {
    const { times, lines } = content;
    const pointedMs = pointed === null ? undefined : times[pointed];
    setText(parts.corner, pointedMs === undefined ? drawnAs(unit) : formatClock(pointedMs));
    legend.show(lines, pointed ?? times.length - 1);
  };
  const onPoint = (index: number | null) => {
    pointed = index;
    showValues();
  };

  return {
    card: parts.card,
    update(next) {
      const { shown, hidden } = largest(next.lines, maxLines);
      content = { ...next, lines: shown };
      // Before the drawing is made: what is not displayed has no width.
      parts.card.classList.toggle('is-empty', shown.length === 0);
      const colours = shown.map(({ label }, position) => colourVariable(label, position));
      const isNew = drawing.draw(content, colours, onPoint);
      if (isNew) legend.rebuild(shown, colours, drawing.focus);
      setText(parts.empty, shown.length === 0 ? next.empty : '');
      setText(parts.more, hidden === 0 ? '' : `and ${hidden} more with smaller values`);
      showValues();
    },
    resize: drawing.resize,
    destroy: drawing.destroy,
  };
}

const drawnAs = (unit: Unit): string => (unit === 'timestamp' ? 'age' : '');

/** Keeps a plot for as long as the lines are the same ones. */
function createDrawing(container: HTMLElement, unit: Unit, height: number) {
  let plot: uPlot | undefined;
  let drawnLines: string | undefined;
  const destroy = () => {
    plot?.destroy();
    plot = undefined;
  };
  return {
    destroy,
    /** True when the lines are others than before. */
    draw(
      { times, lines }: ChartContent,
      colours: readonly string[],
      onPoint: (index: number | null) => void,
    ): boolean {
      const identity = JSON.stringify(lines.map(({ key, label }) => [key, label]));
      const isNew = identity !== drawnLines;
      drawnLines = identity;
      if (isNew) {
        destroy();
        plot =
          lines.length === 0 ? undefined : createPlot(container, lines, { unit, height, colours, onPoint });
      }
      plot?.setData(plotData(times, lines));
      return isNew;
    },
    focus(position: number | null) {
      plot?.setSeries(position === null ? null : position + 1, { focus: true });
    },
    resize() {
      plot?.setSize({ width: container.clientWidth, height });
    },
  };
}

function chartParts({ title, family, height }: ChartOptions, legend: HTMLElement) {
  const drawing = element('div', { class: 'drawing' });
  const empty = element('p', { class: 'empty' });
  const more = element('p', { class: 'more' });
  const corner = element('span', { class: 'corner' });
  drawing.style.minHeight = `${height}px`;
  const link = element('a', { href: `#family=${encodeURIComponent(family)}`, class: 'family-link' }, family);
  const isFamily = title === family;
  const heading = isFamily ? element('h2', { class: 'mono' }, link) : element('h2', {}, title);
  const header = element('header', {}, heading, corner, isFamily ? undefined : link);
  const card = element(
    'article',
    { class: 'card', 'data-family': family },
    header,
    drawing,
    empty,
    legend,
    more,
  );
  return { card, drawing, empty, more, corner };
}
