// What is on disk: .cache/servers/<name>/ with a stamp, or .cache/servers/<name>.missing with a reason.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recipeOf, type ServerName } from './catalog.ts';

export interface InstalledServer {
  readonly version: string;
  /** Holds the program, and what came with it. */
  readonly directory: string;
  /** The program; for a Python server its interpreter. */
  readonly binary: string;
}

export interface MissingServer {
  readonly missing: string;
}

/** `binary` is relative to the server's directory, or absolute. */
export interface Installation {
  readonly version: string;
  readonly binary: string;
}

export const serversDirectory = fileURLToPath(new URL('../../.cache/servers/', import.meta.url));

const stampFile = 'stamp.json';

/** The server as it was set up before, if that was for what the catalog says now. */
export function readInstalled(name: ServerName): InstalledServer | undefined {
  const directory = join(serversDirectory, name);
  const stamp = readStamp(join(directory, stampFile));
  if (stamp === undefined || stamp.recipe !== recipeOf(name)) return undefined;
  const binary = resolve(directory, stamp.binary);
  return existsSync(binary) ? { version: stamp.version, directory, binary } : undefined;
}

export function writeStamp(directory: string, name: ServerName, installation: Installation): void {
  const stamp = { recipe: recipeOf(name), ...installation };
  writeFileSync(join(directory, stampFile), `${JSON.stringify(stamp, null, 2)}\n`);
}

export function readMissingReason(name: ServerName): string | undefined {
  try {
    return readFileSync(missingFile(name), 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function writeMissingReason(name: ServerName, reason: string | undefined): void {
  mkdirSync(serversDirectory, { recursive: true });
  if (reason === undefined) rmSync(missingFile(name), { force: true });
  else writeFileSync(missingFile(name), `${reason}\n`);
}

function missingFile(name: ServerName): string {
  return join(serversDirectory, `${name}.missing`);
}

function readStamp(path: string): (Installation & { readonly recipe: string }) | undefined {
  if (!existsSync(path)) return undefined;
  const stamp: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof stamp !== 'object' || stamp === null) return undefined;
  if (!('recipe' in stamp && 'version' in stamp && 'binary' in stamp)) return undefined;
  const { recipe, version, binary } = stamp;
  if (typeof recipe !== 'string' || typeof version !== 'string' || typeof binary !== 'string')
    return undefined;
  return { recipe, version, binary };
}
