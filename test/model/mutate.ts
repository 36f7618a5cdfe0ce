import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode24 } from '../../scripts/node24.mjs';
import type { Mutation } from './mutations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the model says of the program with one rule broken. */
export interface Trial {
  readonly isCaught: boolean;
  /** The rules that broke, or what else came out. */
  readonly said: string;
}

/** Breaks the rule in a copy of the sources and runs its profile there. Throws when the line is not there once. */
export async function tryMutation({ file, from, to, profile, schedules }: Mutation): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'prefect-push-exporter-model-'));
  try {
    for (const path of ['lib', 'test/model', 'doubles/receiver', 'package.json']) {
      await cp(join(root, path), join(folder, path), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const text = await readFile(join(folder, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`);
    await writeFile(
      join(folder, file),
      text.replace(from, () => to),
    );
    return await runModel(folder, [profile, String(schedules), '1']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runModel(folder: string, args: readonly string[]): Promise<Trial> {
  const child = spawn(findNode24(), [join(folder, 'test/model/run.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => output.push(chunk));
  }
  const [code] = await once(child, 'close');
  const lines = Buffer.concat(output).toString('utf8').trim().split('\n');
  const seedAt = lines.findIndex((line) => /^seed \d+ path /.test(line));
  // An error that is none of the rules is a mutation that does not run.
  if (code === 1 && seedAt >= 0) return { isCaught: true, said: lines.slice(seedAt + 1).join('; ') };
  if (code === 0) return { isCaught: false, said: lines.join('; ') };
  throw new Error(`The model did not run:\n${lines.slice(0, 20).join('\n')}`);
}
