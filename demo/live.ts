import type { Terminal } from '../cli/terminal.ts';
import type { Closing } from './closing.ts';
import { knownFamilies } from './families.ts';
import type { FeedDemo } from './feed.ts';
import { feedOf } from './feed-of.ts';
import type { DemoOptions } from './options.ts';
import { formatBytes, formatDuration, formatNumber } from './page/unit.ts';
import { buildPage } from './page-files.ts';
import { startPageServer } from './page-server.ts';
import { keep, type Parts, publicAddress } from './parts.ts';
import type { DemoSurroundings } from './surroundings.ts';
import { type DemoTick, ticks } from './ticks.ts';

/** Serves the page and ticks until it is asked to stop. Resolves with the exit status. */
export async function showLive(
  { workspace, ticking }: Parts,
  { port }: DemoOptions,
  { clock, terminal, stop }: DemoSurroundings,
  closing: Closing,
): Promise<number> {
  const shown: DemoTick[] = [];
  const demo: FeedDemo = {
    startedMs: clock.now(),
    everySeconds: ticking.everySeconds,
    keep,
    source: { kind: workspace.kind, apiUrl: publicAddress(workspace.apiUrl) },
  };
  const source = { demo, families: knownFamilies, receiver: ticking.receiver, ticks: shown };
  const feed = (afterMs: number) => feedOf(source, afterMs, clock.now());
  const page = await startPageServer({ files: await buildPage(), port, feed });
  closing.add(page.stop);
  sayWhere(terminal, page.url, workspace.kind);

  let count = 0;
  for await (const tick of ticks(ticking, stop)) {
    if (!tick.begun) throw new Error(`The function cannot begin.\n${tick.message ?? ''}`);
    count += 1;
    shown.push(tick);
    shown.splice(0, shown.length - keep);
    sayTick(terminal, tick);
  }
  terminal.print(`demo: stopped after ${count === 1 ? '1 tick' : `${count} ticks`}`);
  return 0;
}

function sayWhere(terminal: Terminal, url: URL, kind: 'made-up' | 'server'): void {
  const yours = kind === 'made-up' ? ', with PREFECT_API_URL (and PREFECT_API_KEY) set' : '';
  terminal.print(`
  ${terminal.colour('bold', url.href)}

next: open that page; Ctrl-C here stops the demo
next: npx prefect-push-exporter preview${yours}: what a push of your workspace would send
`);
}

/** One line that is overwritten on a terminal; what went wrong stays. */
function sayTick(terminal: Terminal, tick: DemoTick): void {
  const line = tickLine(tick);
  const wrong = [tick.outcome === 'pushed' ? undefined : tick.message, ...tick.differences].filter(
    (text) => text !== undefined,
  );
  if (wrong.length > 0) terminal.print(`${line}\n  ${wrong.join('\n  ')}`);
  else if (terminal.isTerminal) terminal.progress(line);
  else terminal.print(line);
}

const tickLine = ({ instantMs, outcome, samples, writes, bytes, prefectRequests, durationMs }: DemoTick) =>
  [
    `tick ${new Date(instantMs).toISOString().replace('.000Z', 'Z')}`,
    outcome,
    `${prefectRequests} requests to Prefect`,
    `${formatNumber(samples)} samples in ${writes === 1 ? '1 write' : `${writes} writes`}, ${formatBytes(bytes)}`,
    formatDuration(durationMs / 1000),
  ].join('  ');
