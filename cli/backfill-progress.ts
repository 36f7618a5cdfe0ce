import type { Progress } from '../lib/backfill/backfill.ts';
import type { Clock } from '../lib/clock.ts';
import { span } from './ledger-text.ts';
import type { Terminal } from './terminal.ts';

export interface BackfillProgress {
  show(progress: Progress): void;
  end(): void;
}

const redrawMs = 200;
const lineMs = 10_000;
const barLength = 24;

/** A bar on a terminal, and a line each ten seconds elsewhere. */
export function createBackfillProgress(clock: Clock, terminal: Terminal): BackfillProgress {
  const startedMs = clock.monotonic();
  let shownMs = startedMs;
  let before: number | undefined;
  return {
    show(progress) {
      const nowMs = clock.monotonic();
      before ??= progress.ticks - 1;
      if (nowMs - shownMs < (terminal.isTerminal ? redrawMs : lineMs)) return;
      shownMs = nowMs;
      const text = progressLine(progress, nowMs - startedMs, before);
      if (terminal.isTerminal) terminal.progress(`${bar(progress)} ${text}`);
      else terminal.note(text);
    },
    end: () => terminal.progress(''),
  };
}

const grouped = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');

/** @param before ticks that an interrupted process had done */
export function progressLine(progress: Progress, elapsedMs: number, before: number): string {
  const { tickMs, ticks, ticksInAll, runs, runsInAll, written } = progress;
  const leftMs = (elapsedMs / Math.max(1, ticks - before)) * (ticksInAll - ticks);
  return [
    `${((100 * ticks) / ticksInAll).toFixed(1)} %`,
    new Date(tickMs).toISOString().slice(0, 16).replace('T', ' '),
    `${grouped(runs)}${runsInAll === undefined ? '' : ` of ${grouped(runsInAll)}`} runs`,
    `${grouped(written.samples)} samples`,
    `${span(Math.round(leftMs / 1000))} left`,
  ].join('  ');
}

function bar({ ticks, ticksInAll }: Progress): string {
  const full = Math.floor((barLength * ticks) / ticksInAll);
  return `[${'#'.repeat(full)}${'.'.repeat(barLength - full)}]`;
}
