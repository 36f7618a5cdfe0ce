import { byId, element, setText } from './dom.ts';
import type { History } from './history.ts';
import { formatBytes, formatClock, formatDuration, formatNumber } from './unit.ts';

/** The tiles at the top and the list of collectors. */
export interface Status {
  /** `nowMs` is the demo's clock; `silentMs` how long the demo has not answered. */
  update(history: History, nowMs: number, silentMs: number): void;
}

type Mood = 'good' | 'warn' | 'bad' | 'none';

export function createStatus(): Status {
  const collectors = byId('collectors', HTMLElement);
  const banner = byId('banner', HTMLElement);
  let shownCollectors = '';
  return {
    update(history, nowMs, silentMs) {
      const { demo } = history;
      if (demo !== undefined) setText(byId('source', HTMLElement), sourceText(demo.source));
      for (const { id, text, note, mood, title } of tiles(history, nowMs)) {
        const tile = byId(id, HTMLElement);
        setText(byId(`${id}-value`, HTMLElement), text);
        setText(byId(`${id}-note`, HTMLElement), note);
        tile.dataset.mood = mood;
        tile.title = title ?? '';
      }
      const states = collectorStates(history);
      if (JSON.stringify(states) !== shownCollectors) {
        shownCollectors = JSON.stringify(states);
        collectors.replaceChildren(...states.map(collectorChip));
      }
      const silent = silentMs > 5000;
      banner.hidden = !silent;
      if (silent) {
        setText(
          banner,
          `The demo has not answered for ${formatDuration(Math.round(silentMs / 1000))}. It was stopped? Start it again: npm run demo`,
        );
      }
    },
  };
}

const sourceText = ({ kind, apiUrl }: { kind: 'made-up' | 'server'; apiUrl: string }): string =>
  kind === 'made-up'
    ? 'a made-up workspace, nothing leaves this machine'
    : `reads ${apiUrl}, pushes to this machine only`;

interface Tile {
  readonly id: string;
  readonly text: string;
  readonly note: string;
  readonly mood: Mood;
  readonly title?: string;
}

function tiles(history: History, nowMs: number): Tile[] {
  const tick = history.ticks.at(-1);
  const everySeconds = history.demo?.everySeconds ?? 0;
  if (tick === undefined) {
    const waiting = (id: string): Tile => ({
      id,
      text: '–',
      note: 'waiting for the first tick',
      mood: 'none',
    });
    return ['age', 'outcome', 'series', 'push', 'prefect', 'duration'].map(waiting);
  }
  const failures = history.ticks.filter(
    ({ outcome }) => outcome === 'failed' || outcome === 'partial',
  ).length;
  const outcomeMood = { pushed: 'good', partial: 'warn', skipped: 'warn', failed: 'bad' } as const;
  return [
    ageTile(history.times.at(-1), nowMs, everySeconds),
    {
      id: 'outcome',
      text: tick.outcome,
      note:
        tick.message ??
        `${formatClock(tick.instantMs)}, ${failures === 0 ? `all of the last ${history.ticks.length} whole` : `${failures} of the last ${history.ticks.length} not whole`}`,
      mood: outcomeMood[tick.outcome],
      title: tick.message ?? '',
    },
    {
      id: 'series',
      text: formatNumber(tick.samples),
      note: 'samples in a tick, one for each series',
      mood: 'none',
    },
    {
      id: 'push',
      text: formatBytes(tick.bytes),
      note: `${plural(tick.writes, 'remote-write request')}${perSample(tick.bytes, tick.samples)}`,
      mood: 'none',
    },
    {
      id: 'prefect',
      text: formatNumber(tick.prefectRequests),
      note: 'requests to Prefect in a tick',
      mood: 'none',
    },
    {
      id: 'duration',
      text: formatDuration(tick.durationMs / 1000),
      note: `a tick every ${formatDuration(everySeconds)}`,
      mood: tick.durationMs > everySeconds * 1000 ? 'warn' : 'none',
    },
  ];
}

function ageTile(newestMs: number | undefined, nowMs: number, everySeconds: number): Tile {
  if (newestMs === undefined) return { id: 'age', text: '–', note: 'no sample has arrived', mood: 'bad' };
  const age = Math.max(0, (nowMs - newestMs) / 1000);
  const mood = age < 3 * everySeconds ? 'good' : age < 5 * everySeconds ? 'warn' : 'bad';
  return {
    id: 'age',
    text: `${age < 60 ? age.toFixed(1) : Math.round(age)} s`,
    note: 'since the newest sample’s time',
    mood,
  };
}

const plural = (count: number, noun: string): string =>
  `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;

const perSample = (bytes: number, samples: number): string =>
  samples === 0 ? '' : `, ${(bytes / samples).toFixed(1)} B a sample`;

interface CollectorState {
  readonly name: string;
  readonly success: boolean;
  readonly reason: string;
}

/** From the pushed prefect_exporter_collector_success; the reasons come from the tick's log line. */
function collectorStates(history: History): CollectorState[] {
  const failed = history.ticks.at(-1)?.failed ?? {};
  return [...history.series.values()]
    .filter(
      ({ name, values }) => name === 'prefect_exporter_collector_success' && (values.at(-1) ?? null) !== null,
    )
    .map(({ labels, values }) => {
      const name = labels.collector ?? '';
      return { name, success: values.at(-1) === 1, reason: failed[name] ?? '' };
    })
    .sort((a, b) => Number(a.success) - Number(b.success) || a.name.localeCompare(b.name));
}

function collectorChip({ name, success, reason }: CollectorState): HTMLElement {
  const state = success ? 'succeeded in the last tick' : `failed: ${reason || 'see the terminal'}`;
  return element(
    'li',
    {
      class: success ? 'chip' : 'chip chip-failed',
      title: `${name} ${state}`,
      'data-collector': name,
      'data-success': success ? '1' : '0',
    },
    element('span', { class: 'dot', 'aria-hidden': 'true' }),
    name,
    success ? undefined : element('span', { class: 'chip-reason' }, reason || 'failed'),
  );
}
