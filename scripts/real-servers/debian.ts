// Debian packages taken apart without installing them and without root, in an apt tree of our own.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findDebianMirror, sourceLine } from './apt-sources.ts';
import type { DebianSource } from './catalog.ts';
import { runCommand } from './command.ts';
import { type Installation, serversDirectory } from './installed.ts';
import { withLock } from './lock.ts';

const suites = ['bookworm', 'trixie', 'sid'];
const listsFreshMs = 60 * 60_000;
const networkMs = 10 * 60_000;

export async function unpackDebianPackage(
  source: DebianSource,
  directory: string,
  log: (line: string) => void,
): Promise<Installation> {
  const apt = await openAptTree(log);
  const version = chooseVersion(source, await apt.versions(source.package), log);
  const unpacked = join(directory, 'unpacked');
  await mkdir(unpacked);
  await apt.download(`${source.package}=${version}`, unpacked);
  const archive = (await readdir(unpacked)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download ${source.package}=${version} left no file`);
  await runCommand('dpkg', ['-x', archive, '.'], { cwd: unpacked, timeoutMs: networkMs });
  for (const program of [source.program, ...source.extras]) {
    const from = join(unpacked, 'usr/bin', program);
    if (program === source.program || existsSync(from)) await rename(from, join(directory, program));
  }
  await rm(unpacked, { recursive: true });
  return { version: upstreamVersion(version), binary: source.program };
}

function chooseVersion(
  source: DebianSource,
  offered: readonly string[],
  log: (line: string) => void,
): string {
  if (offered.includes(source.version)) return source.version;
  const major = /^\d+/.exec(source.version)?.[0];
  const substitute = offered.find((version) => /^\d+/.exec(version)?.[0] === major);
  const wanted = `${source.package} ${source.version}`;
  if (substitute === undefined) throw new Error(`${wanted}: archive has ${offered.join(', ') || 'none'}`);
  log(`${wanted}: NO LONGER IN THE ARCHIVE, taking ${substitute}`);
  return substitute;
}

/** 3.5.3+ds1-6 -> 3.5.3 */
function upstreamVersion(debianVersion: string): string {
  return /^[\d.]*\d/.exec(debianVersion)?.[0] ?? debianVersion;
}

interface AptTree {
  /** Newest first. */
  versions(packageName: string): Promise<string[]>;
  download(packageAtVersion: string, directory: string): Promise<void>;
}

/** See apt.conf(5): everything that apt reads or writes is redirected but its trusted keys. */
async function openAptTree(log: (line: string) => void): Promise<AptTree> {
  const root = join(serversDirectory, 'apt');
  const options = [
    `Dir::Etc::sourcelist=${join(root, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${join(root, 'lists')}`,
    `Dir::Cache=${join(root, 'cache')}`,
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);

  await withLock(join(serversDirectory, 'apt.lock'), () => updateLists(root, options, log));

  return {
    async versions(packageName) {
      const table = await runCommand('apt-cache', [...options, 'madison', packageName], {
        timeoutMs: 60_000,
      });
      const rows = table.split('\n').filter((line) => line.endsWith(' Packages'));
      return rows.flatMap((line) => line.split('|')[1]?.trim() ?? []);
    },
    async download(packageAtVersion, directory) {
      const command = [...options, '--quiet', 'download', packageAtVersion];
      await runCommand('apt-get', command, { cwd: directory, timeoutMs: networkMs });
    },
  };
}

async function updateLists(
  root: string,
  options: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  const freshFile = join(root, 'updated');
  if (await isFresh(freshFile)) return;
  await mkdir(join(root, 'lists/partial'), { recursive: true });
  await mkdir(join(root, 'cache/archives/partial'), { recursive: true });
  const mirror = findDebianMirror();
  const lines = suites.map((suite) => sourceLine(mirror, suite));
  await writeFile(join(root, 'sources.list'), `${lines.join('\n')}\n`);
  try {
    await runCommand('apt-get', [...options, '--quiet', 'update'], { timeoutMs: networkMs });
    await writeFile(freshFile, '');
  } catch (error) {
    // One suite may be gone while the others were read: what is there is found out by asking for versions.
    log(`apt: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function isFresh(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < listsFreshMs;
}
