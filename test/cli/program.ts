import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Program {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves as soon as standard output has this text. */
  says(text: string): Promise<void>;
  signal(name: 'SIGTERM' | 'SIGINT'): void;
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

const bin = fileURLToPath(new URL('../../bin/prefect-push-exporter.mjs', import.meta.url));

/** The command in a process of its own, started as its first line says, with this environment and no other. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, ['--', bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (text) => {
      while (!stdout.includes(text)) await once(child.stdout, 'data');
    },
    signal: (name) => child.kill(name),
    ended: once(child, 'close').then(([code, signal]) => code ?? signal),
  };
}
