import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { GoSource } from './catalog.ts';
import { runCommand } from './command.ts';
import type { Installation } from './installed.ts';

const downloadMs = 20 * 60_000;
const buildMs = 40 * 60_000;

type Go = (args: readonly string[], timeoutMs: number) => Promise<string>;

const downloaded = z.object({ GoMod: z.string() });
const modulePath = z.object({ Path: z.string(), Version: z.string().optional() });
const goMod = z.object({ Replace: z.array(z.object({ Old: modulePath, New: modulePath })).nullish() });

/**
 * Builds a program from the Go module proxy. As a dependency of an empty module and not with `go install`, which
 * refuses modules that have replace or exclude lines, as Prometheus has.
 */
export async function buildGoProgram(source: GoSource, directory: string): Promise<Installation> {
  const program = source.module.split('/').at(-1) ?? source.module;
  const workshop = join(directory, 'build');
  const mainPackage = source.main === '.' ? source.module : `${source.module}/${source.main}`;
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off', CGO_ENABLED: '0' };
  await mkdir(workshop);
  const go: Go = (args, timeoutMs) => runCommand('go', args, { cwd: workshop, env, timeoutMs });

  await go(['mod', 'init', 'real-server'], 60_000);
  for (const replacement of await readReplacements(source, go)) {
    await go(['mod', 'edit', `-replace=${replacement}`], 60_000);
  }
  await go(['get', `${mainPackage}@${source.version}`], downloadMs);
  const linkerFlags = `-s -w ${source.linkerFlags}`;
  const output = join(directory, program);
  await go(['build', '-trimpath', '-ldflags', linkerFlags, '-o', output, mainPackage], buildMs);
  await rm(workshop, { recursive: true });
  const version = /(\d+\.\d+\.\d+)$/.exec(source.linkerFlags)?.[1] ?? source.version;
  return { version, binary: program };
}

/** A module's own replace lines hold only where it is the main module; Prometheus 2 does not compile without them. */
async function readReplacements(source: GoSource, go: Go): Promise<string[]> {
  const download = await go(['mod', 'download', '-json', `${source.module}@${source.version}`], downloadMs);
  const path = downloaded.parse(JSON.parse(download)).GoMod;
  const { Replace } = goMod.parse(JSON.parse(await go(['mod', 'edit', '-json', path], 60_000)));
  const written = ({ Path, Version }: z.infer<typeof modulePath>) =>
    [Path, Version].filter(Boolean).join('@');
  return (Replace ?? []).map((entry) => `${written(entry.Old)}=${written(entry.New)}`);
}
