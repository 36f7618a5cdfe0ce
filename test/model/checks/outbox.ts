import type { Stored, StoredEntry } from '../record.ts';
import type { Violation } from '../watch.ts';
import type { Outcome } from '../world.ts';

/** What was put into the outbox is sent or dropped, or still there; and after healthy ticks nothing old is there. */
export function checkOutbox({ stored, profile }: Outcome): readonly Violation[] {
  const last = stored.at(-1);
  if (last === undefined) return [{ rule: 'no document', what: '' }];
  const own = stored.filter(({ ledgerId }) => ledgerId === last.ledgerId);
  return [...checkDrained(last), ...checkSums(own, last, profile.sink === 'pushgateway')];
}

const checkDrained = ({ entries }: Stored): readonly Violation[] =>
  entries.length <= 2
    ? []
    : [{ rule: 'outbox not drained', what: `${entries.length} entries after healthy ticks` }];

function checkSums(own: readonly Stored[], last: Stored, isSuperseding: boolean): readonly Violation[] {
  const newest = new Map<number, StoredEntry>();
  for (const { entries } of own) for (const entry of entries) newest.set(entry.id, entry);
  const waiting = new Set(last.entries.map(({ id }) => id));
  const gone = [...newest.values()].filter(({ id }) => !waiting.has(id));
  const least = gone.reduce((sum, { samples }) => sum + samples, 0);
  const births = isSuperseding ? 0 : gone.reduce((sum, entry) => sum + entry.births, 0);
  const counted = last.samplesSent + last.samplesDropped;
  if (counted >= least && counted <= least + births) return [];
  const what = `${last.samplesSent} sent and ${last.samplesDropped} dropped of ${least} and ${births} zeros`;
  return [{ rule: 'samples do not add up', what }];
}
