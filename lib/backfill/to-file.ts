import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry } from '../ledger/ledger.ts';
import { birthMs, birthSamples, entrySamples } from '../ledger/outbox.ts';
import type { FamilyDescriptor } from '../metrics/family.ts';
import type { Series, SeriesSample } from '../metrics/series.ts';
import { BackfillError } from './error.ts';
import { openMetricsEnd, openMetricsHead, openMetricsSeries, openMetricsTime } from './open-metrics.ts';
import type { Target } from './target.ts';

export interface FileTargetOptions {
  readonly path: string;
  /** In the order of the file. */
  readonly families: readonly FamilyDescriptor[];
  /** As `checkpoint` gave it: bytes of each part, of an interrupted process. */
  readonly resumed?: Readonly<Record<string, number>> | undefined;
}

const flushAt = 1 << 20;

/**
 * Writes an OpenMetrics file. A family has to stand together in it, and time goes over all of them: each is written to
 * a file of its own, in a folder beside, and they are joined at the end.
 */
export async function createFileTarget({ path, families, resumed }: FileTargetOptions): Promise<Target> {
  const folder = `${path}.parts`;
  if (resumed === undefined) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const parts = new Map<string, Part>();
  for (const { name } of families) parts.set(name, await openPart(join(folder, name), resumed?.[name] ?? 0));
  const prefixes = new Map<Series, string>();
  let samples = 0;

  const put = (batch: readonly SeriesSample[], timestampMs: number): void => {
    const end = ` ${openMetricsTime(timestampMs)}\n`;
    for (const { series, value } of batch) {
      const part = parts.get(series.family);
      // A file cannot say that a series ends.
      if (part === undefined || value === 'stale') continue;
      let prefix = prefixes.get(series);
      if (prefix === undefined) {
        prefix = `${openMetricsSeries(series)} `;
        prefixes.set(series, prefix);
      }
      part.text += prefix + value + end;
      samples += 1;
    }
  };
  const close = async (): Promise<void> => {
    for (const { handle } of parts.values()) await handle.close().catch(() => undefined);
  };

  return {
    async write(entry: Entry) {
      put(birthSamples(entry), birthMs(entry));
      put(entrySamples(entry), entry.tickMs);
      for (const part of parts.values()) if (part.text.length >= flushAt) await flush(part);
    },
    async checkpoint() {
      for (const part of parts.values()) await flush(part);
      for (const { handle } of parts.values()) await handle.sync();
      return Object.fromEntries([...parts].map(([name, { bytes }]) => [name, bytes]));
    },
    async finish() {
      for (const part of parts.values()) await flush(part);
      await close();
      await joinParts(path, folder, families);
    },
    close,
    written: () => ({
      samples,
      requests: 0,
      bytes: [...parts.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    }),
  };
}

interface Part {
  readonly handle: FileHandle;
  /** Not written yet. */
  text: string;
  bytes: number;
}

/** Cuts off what came after the last checkpoint. */
async function openPart(path: string, bytes: number): Promise<Part> {
  const handle = await open(path, 'a');
  const { size } = await handle.stat();
  if (size < bytes) {
    await handle.close();
    throw partsGone(path, size, bytes);
  }
  await handle.truncate(bytes);
  return { handle, text: '', bytes };
}

const partsGone = (path: string, size: number, bytes: number): BackfillError =>
  new BackfillError({
    slug: 'backfill-unfinished',
    message: 'What the interrupted backfill wrote is gone.',
    found: `${path}: ${size} bytes`,
    expected: `${bytes} bytes`,
    do: 'remove the state (<ledger>.backfill.json), and begin anew',
  });

async function flush(part: Part): Promise<void> {
  if (part.text === '') return;
  const body = Buffer.from(part.text);
  part.text = '';
  await part.handle.appendFile(body);
  part.bytes += body.byteLength;
}

/** Each part is removed once it is in the file: there is never more than one of them twice. */
async function joinParts(path: string, folder: string, families: readonly FamilyDescriptor[]): Promise<void> {
  await rm(path, { force: true });
  for (const family of families) {
    const part = join(folder, family.name);
    if ((await stat(part)).size === 0) continue;
    await appendFile(path, openMetricsHead(family));
    await pipeline(createReadStream(part), createWriteStream(path, { flags: 'a' }));
    await rm(part);
  }
  await appendFile(path, openMetricsEnd);
  await rm(folder, { recursive: true, force: true });
}
