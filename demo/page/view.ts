import type { ChartContent, ChartOptions } from './chart.ts';
import type { History, HistorySeries } from './history.ts';
import { foldedLines, seriesLines } from './lines.ts';
import { overview, type Panel } from './overview.ts';
import type { FamilyMatch } from './search.ts';
import { unitOf } from './unit.ts';
import { whyEmpty } from './why-empty.ts';

/** What the reader asked for; the part of the address behind `#`. */
export interface Asked {
  readonly query: string;
  readonly family: string | undefined;
}

/** A chart to be drawn: plans with the same id are the same chart with newer content. */
export interface ChartPlan {
  readonly id: string;
  readonly options: ChartOptions;
  readonly content: ChartContent;
}

export interface View {
  readonly title: string;
  readonly note: string;
  readonly charts: readonly ChartPlan[];
  /** Series to list below the charts. */
  readonly table: readonly HistorySeries[];
}

/** Charts of a search result; the list on the left has them all. */
const maxResults = 12;

export function planView(history: History, asked: Asked, matches: readonly FamilyMatch[]): View {
  if (asked.family !== undefined) return familyView(history, asked, asked.family, matches);
  return asked.query === '' ? overviewView(history) : resultsView(history, matches);
}

function overviewView(history: History): View {
  return {
    title: 'Overview',
    note: 'What somebody asks who was just paged. Every family is in the list on the left.',
    charts: overview.map((panel) => panelPlan(history, panel)),
    table: [],
  };
}

function panelPlan(history: History, panel: Panel): ChartPlan {
  const { title, family, by, fold, where = {} } = panel;
  const series = [...history.series.values()].filter(
    ({ name, labels }) =>
      name === family && Object.entries(where).every(([label, value]) => labels[label] === value),
  );
  const unit = unitOf(family);
  return {
    id: title,
    options: { title, family, unit, height: 150, maxLines: 6 },
    content: {
      times: history.times,
      lines: foldedLines(series, by, fold, unit, history.times),
      empty: whyEmpty(history, family, panel.empty),
    },
  };
}

function resultsView(history: History, matches: readonly FamilyMatch[]): View {
  const drawable = matches.filter(({ name }) => !isInfo(name));
  const shown = drawable.slice(0, maxResults);
  const more =
    shown.length === matches.length
      ? ''
      : `, ${shown.length} of them drawn; choose any in the list on the left`;
  return {
    title: 'Search',
    note:
      matches.length === 0
        ? 'No name of a family and no label value has all these words.'
        : `${matches.length} ${matches.length === 1 ? 'family' : 'families'}${more}`,
    charts: shown.map(({ name, series }) => familyPlan(history, name, series, { height: 130, maxLines: 6 })),
    table: [],
  };
}

/** Always 1: there is nothing to draw, the labels are what it says. */
const isInfo = (family: string): boolean => family.endsWith('_info');

function familyView(history: History, asked: Asked, family: string, matches: readonly FamilyMatch[]): View {
  const series = matches.find(({ name }) => name === family)?.series ?? [];
  const known = history.families.get(family);
  const origin = known?.collector === undefined ? '' : ` From the collector “${known.collector}”.`;
  const filter = asked.query === '' ? '' : ` Only series that match “${asked.query}”.`;
  return {
    title: family,
    note: `${known?.help ?? ''}${origin}${filter}`,
    charts: isInfo(family) ? [] : [familyPlan(history, family, series, { height: 300, maxLines: 10 })],
    table: series,
  };
}

function familyPlan(
  history: History,
  family: string,
  series: readonly HistorySeries[],
  size: { readonly height: number; readonly maxLines: number },
): ChartPlan {
  const unit = unitOf(family);
  return {
    id: `${family} ${size.height}`,
    options: { title: family, family, unit, ...size },
    content: {
      times: history.times,
      lines: seriesLines(series, unit, history.times),
      empty: whyEmpty(history, family, 'No series matches.'),
    },
  };
}
