import { byId, element, setText } from './dom.ts';
import type { History } from './history.ts';

/** One line on how the collectors fared, and behind it the list; failed ones are always in sight. */
export interface CollectorList {
  update(history: History): void;
}

export function createCollectorList(): CollectorList {
  const list = byId('collectors', HTMLElement);
  const failures = byId('collectors-failed', HTMLElement);
  const summary = byId('collectors-summary', HTMLElement);
  let shown = '';
  return {
    update(history) {
      const states = collectorStates(history);
      if (JSON.stringify(states) === shown) return;
      shown = JSON.stringify(states);
      const failed = states.filter(({ success }) => !success);
      const succeeded = states.length - failed.length;
      setText(
        summary,
        states.length === 0
          ? 'No collector has reported yet'
          : `${succeeded} of ${states.length} collectors succeeded`,
      );
      summary.dataset.mood = failed.length > 0 ? 'bad' : states.length > 0 ? 'good' : 'none';
      failures.replaceChildren(...failed.map(collectorChip));
      list.replaceChildren(...states.filter(({ success }) => success).map(collectorChip));
    },
  };
}

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
