import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The demo as `npm run demo` starts it, for the length of a test. */
export interface DemoProcess {
  readonly child: ChildProcess;
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the first match in standard output; rejects when the demo ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit status; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

export function startDemoProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): DemoProcess {
  const child = spawn(process.execPath, ['scripts/node24.mjs', 'scripts/demo.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test that failed half-way leaves nothing behind.
  onTestFinished(() => void child.kill('SIGTERM'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]): number | null => code);
  return {
    child,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(stdout);
        if (found !== null) return found;
        const more = await Promise.race([once(child.stdout, 'data'), ended.then(() => undefined)]);
        if (more === undefined) throw new Error(`the demo ended without ${pattern}:\n${stdout}\n${stderr}`);
      }
    },
  };
}
