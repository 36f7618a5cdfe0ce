import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { collectLog } from './log-tail.ts';
import type { TickAnswer } from './tick-process.ts';

/** A running tick process (`tick-process.ts`). */
export interface Ticker {
  /** One tick. Undefined when the process was killed before it had its answer. */
  tick(instantMs: number, nowMs: number): Promise<TickAnswer | undefined>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Lets it end by itself. */
  end(): Promise<void>;
}

const program = fileURLToPath(new URL('tick-process.ts', import.meta.url));

/**
 * Starts one and waits until it has loaded everything, so that a kill hits a tick and not the loading of modules.
 * @param environment the exporter's variables @param cacheFolder for compiled modules
 */
export async function startTicker(
  environment: Readonly<Record<string, string>>,
  cacheFolder: string,
): Promise<Ticker> {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cacheFolder, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log = collectLog(child);
  const ended = once(child, 'exit');
  child.stdin.on('error', () => {
    // The process is gone; `ended` says so.
  });
  const nextLine = readLines(child, ended);
  if ((await nextLine()) !== 'ready') throw new Error(`the tick process ended:\n${log.text()}`);
  let killed = false;
  return {
    async tick(instantMs, nowMs) {
      child.stdin.write(`${instantMs} ${nowMs}\n`);
      const line = await nextLine();
      if (line === undefined && !killed) throw new Error(`the tick process ended:\n${log.text()}`);
      // Written by tick-process.ts, which has this type.
      return line === undefined ? undefined : (JSON.parse(line) as TickAnswer);
    },
    async kill() {
      killed = true;
      child.kill('SIGKILL');
      await ended;
    },
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The next line that the process prints; undefined when it ended before. */
function readLines(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  ended: Promise<unknown>,
): () => Promise<string | undefined> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const line = await lines.next();
    if (line.done !== true) return line.value;
    await ended;
    return undefined;
  };
}
