import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './command.ts';
import type { Installation } from './installed.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome'];

/** The Chromium that CHROMIUM_PATH names or that is on PATH. As root on Debian a missing one is installed. */
export async function findBrowser(log: (line: string) => void): Promise<Installation> {
  const binary = findProgram() ?? (await installProgram(log));
  const printed = await runCommand(binary, ['--version'], { timeoutMs: 60_000 });
  return { version: /\d+(\.\d+)+/.exec(printed)?.[0] ?? printed.trim(), binary };
}

function findProgram(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== '') return given;
  const directories = (process.env.PATH ?? '').split(delimiter);
  return programs.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

async function installProgram(log: (line: string) => void): Promise<string> {
  if (process.getuid?.() !== 0) {
    throw new Error(`none of ${programs.join(', ')} on PATH; install Chromium or set CHROMIUM_PATH`);
  }
  log('chromium: installing with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand('apt-get', ['update', '--quiet'], { timeoutMs: 10 * 60_000, env });
  const install = ['install', '--yes', '--quiet', '--no-install-recommends', 'chromium'];
  await runCommand('apt-get', install, { timeoutMs: 20 * 60_000, env });
  const binary = findProgram();
  if (binary === undefined) throw new Error('apt-get installed chromium, but it is not on PATH');
  return binary;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
