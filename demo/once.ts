import type { Parts } from './parts.ts';
import { summarize } from './summary.ts';
import type { DemoSurroundings } from './surroundings.ts';
import { type DemoTick, ticks } from './ticks.ts';

const wantedTicks = 3;

/** A few ticks, then what arrived. Resolves with 0 when each was pushed whole and arrived as it said, else with 1. */
export async function runOnce({ ticking }: Parts, { terminal, stop }: DemoSurroundings): Promise<number> {
  const done: DemoTick[] = [];
  for await (const tick of ticks(ticking, stop)) {
    if (!tick.begun) throw new Error(`The function cannot begin.\n${tick.message ?? ''}`);
    done.push(tick);
    terminal.progress(`demo: tick ${done.length} of ${wantedTicks}`);
    if (done.length === wantedTicks) break;
  }
  terminal.print(`\n${summarize([...ticking.receiver.series.values()], done)}\n`);
  const wrong = done.flatMap(problemsOf);
  if (done.length < wantedTicks) wrong.push(`stopped after ${done.length} of ${wantedTicks} ticks`);
  if (wrong.length > 0) {
    terminal.note(wrong.map((problem) => `wrong: ${problem}`).join('\n'));
    return 1;
  }
  terminal.print(
    'checked: the receiver decoded what each tick said it sent\n' +
      'next: npm run demo, and look at the page it names',
  );
  return 0;
}

/** Why a tick is not as it should be; empty when it is. */
export function problemsOf({ instantMs, outcome, message, differences }: DemoTick): string[] {
  const failed = outcome === 'pushed' ? [] : [`${outcome}: ${message ?? 'no reason was given'}`];
  const instant = new Date(instantMs).toISOString();
  return [...failed, ...differences].map((problem) => `tick ${instant}  ${problem}`);
}
