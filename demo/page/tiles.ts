import type { History } from './history.ts';
import { formatBytes, formatClock, formatDuration, formatNumber } from './unit.ts';

type Mood = 'good' | 'warn' | 'bad' | 'none';

/** One number at the top of the page. */
export interface Tile {
  readonly id: string;
  readonly text: string;
  readonly note: string;
  readonly mood: Mood;
  readonly title?: string;
}

/** What is shown of the last tick. `nowMs` is the demo's clock. */
export function tiles(history: History, nowMs: number): Tile[] {
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
      note: tick.message ?? `${formatClock(tick.instantMs)}, ${wholeText(failures, history.ticks.length)}`,
      mood: outcomeMood[tick.outcome],
      title: tick.message ?? '',
    },
    {
      id: 'series',
      text: formatNumber(tick.samples),
      note: 'one sample each',
      mood: 'none',
    },
    {
      id: 'push',
      text: formatBytes(tick.bytes),
      note: `${plural(tick.writes, 'write')}${perSample(tick.bytes, tick.samples)}`,
      mood: 'none',
    },
    {
      id: 'prefect',
      text: formatNumber(tick.prefectRequests),
      note: 'requests to Prefect',
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

const wholeText = (failures: number, ticks: number): string =>
  failures === 0 ? `${ticks} whole in a row` : `${failures} of ${ticks} not whole`;

function ageTile(newestMs: number | undefined, nowMs: number, everySeconds: number): Tile {
  if (newestMs === undefined) return { id: 'age', text: '–', note: 'no sample has arrived', mood: 'bad' };
  const age = Math.max(0, (nowMs - newestMs) / 1000);
  const mood = age < 3 * everySeconds ? 'good' : age < 5 * everySeconds ? 'warn' : 'bad';
  return {
    id: 'age',
    text: `${age < 60 ? age.toFixed(1) : Math.round(age)} s`,
    note: 'of the newest sample',
    mood,
  };
}

const plural = (count: number, noun: string): string =>
  `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;

const perSample = (bytes: number, samples: number): string =>
  samples === 0 ? '' : `, ${(bytes / samples).toFixed(1)} B a sample`;
