import { createCollectorList } from './collector-list.ts';
import { byId, setText } from './dom.ts';
import type { History } from './history.ts';
import { tiles } from './tiles.ts';
import { formatDuration } from './unit.ts';

/** The tiles at the top and the list of collectors. */
export interface Status {
  /** `nowMs` is the demo's clock; `silentMs` how long the demo has not answered. */
  update(history: History, nowMs: number, silentMs: number): void;
}

export function createStatus(): Status {
  const collectors = createCollectorList();
  const banner = byId('banner', HTMLElement);
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
      collectors.update(history);
      const trouble = troubleOf(history, silentMs);
      banner.hidden = trouble === '';
      setText(banner, trouble);
    },
  };
}

const sourceText = ({ kind, apiUrl }: { kind: 'made-up' | 'server'; apiUrl: string }): string =>
  kind === 'made-up'
    ? 'a made-up workspace, nothing leaves this machine'
    : `reads ${apiUrl}, pushes to this machine only`;

/** What the reader has to know before anything else; empty when all is well. */
function troubleOf(history: History, silentMs: number): string {
  if (silentMs > 5000) {
    return `The demo has not answered for ${formatDuration(Math.round(silentMs / 1000))}. Was it stopped? Start it again: npm run demo`;
  }
  const tick = history.ticks.at(-1);
  return tick?.message === undefined ? '' : `The last tick: ${tick.outcome}. ${tick.message}`;
}
