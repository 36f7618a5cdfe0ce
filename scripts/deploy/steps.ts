// Programs that a deployment runs, with the Node that they need.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { findNode24 } from '../node24.mjs';
import type { Answer } from './running-stack.ts';

/** A step that did not end as it should; it has said why. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

export const osls = 'node_modules/osls/bin/serverless.js';

/** What it prints is for the person who waits. Rejects when it ends with another status than 0. */
export async function run(args: readonly string[], what: string): Promise<void> {
  const child = spawn(findNode24(), args, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new StepFailed(`${what} did not work; the reason is above`);
}

/** Everything that it prints. */
export async function ask(args: readonly string[]): Promise<Answer> {
  const child = spawn(findNode24(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, complained, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { status, output: `${printed}${complained}` };
}

/** What it prints on standard output; the rest is for the person who waits. */
export async function askAloud(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const child = spawn(findNode24(), args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { status, output };
}
