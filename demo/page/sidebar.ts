import { byId, element, setText } from './dom.ts';
import type { FamilyMatch } from './search.ts';

/** The list of families that match, with their number of series. */
export interface Sidebar {
  update(matches: readonly FamilyMatch[], selected: string | undefined, query: string): void;
}

export function createSidebar(): Sidebar {
  const list = byId('families', HTMLElement);
  const summary = byId('families-summary', HTMLElement);
  let shown = '';
  return {
    update(matches, selected, query) {
      const series = matches.reduce((sum, match) => sum + match.series.length, 0);
      setText(summary, summaryText(matches.length, series, query));
      const next = JSON.stringify([selected, query, matches.map((m) => [m.name, m.series.length, m.total])]);
      if (next === shown) return;
      shown = next;
      list.replaceChildren(...matches.map((match) => row(match, match.name === selected, query)));
    },
  };
}

function summaryText(families: number, series: number, query: string): string {
  if (query === '') return `${families} families, ${series} series`;
  return families === 0
    ? 'Nothing matches. Words match names and label values.'
    : `${families} families, ${series} series match`;
}

/** Every name starts so; without it more of the rest fits. */
const prefix = 'prefect_';

function row({ name, series, total }: FamilyMatch, selected: boolean, query: string): HTMLElement {
  const count = series.length === total ? String(total) : `${series.length} of ${total}`;
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const hash = new URLSearchParams({ ...(query === '' ? {} : { q: query }), family: name });
  return element(
    'li',
    {},
    element(
      'a',
      { class: 'family-row', href: `#${hash}`, title: name, 'aria-current': selected ? 'true' : undefined },
      element(
        'span',
        { class: 'family-name' },
        name.startsWith(prefix) ? element('span', { class: 'prefix' }, prefix) : undefined,
        ...breakable(rest),
      ),
      element('span', { class: 'count' }, count),
    ),
  );
}

/** A long name may break after an underscore, not inside a word. */
const breakable = (name: string): (Node | string)[] =>
  name.split(/(?<=_)/).flatMap((part) => [part, element('wbr')]);
