import { type Chart, createChart } from './chart.ts';
import type { ChartPlan } from './view.ts';

/** The charts on the page. Charts that stay keep their drawing; the others are built and taken away. */
export interface Grid {
  update(plans: readonly ChartPlan[]): void;
  /** Draws everything anew: the colours changed. */
  redraw(): void;
}

export function createGrid(container: HTMLElement): Grid {
  let charts: readonly (readonly [string, Chart])[] = [];
  let plans: readonly ChartPlan[] = [];

  const update = (next: readonly ChartPlan[]) => {
    plans = next;
    const kept = new Map(charts);
    const same = next.length === charts.length && next.every(({ id }, index) => charts[index]?.[0] === id);
    charts = next.map(({ id, options }) => [id, kept.get(id) ?? createChart(options)] as const);
    if (!same) {
      const staying = new Set(charts.map(([id]) => id));
      for (const [id, chart] of kept) if (!staying.has(id)) chart.destroy();
      container.replaceChildren(...charts.map(([, chart]) => chart.card));
      container.classList.toggle('single', next.length === 1);
    }
    charts.forEach(([, chart], index) => {
      const content = next[index]?.content;
      if (content !== undefined) chart.update(content);
    });
  };

  new ResizeObserver(() => {
    for (const [, chart] of charts) chart.resize();
  }).observe(container);

  return {
    update,
    redraw() {
      for (const [, chart] of charts) chart.destroy();
      charts = [];
      update(plans);
    },
  };
}
