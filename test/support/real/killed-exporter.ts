import { readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { SeededChance } from '../../../doubles/prefect/seeded.ts';
import { systemClock } from '../../../lib/clock.ts';
import type { TickAnswer } from './tick-process.ts';
import { startTicker, type Ticker } from './ticker.ts';

/** One exporter with its document, whose processes are killed, skipped and doubled. */
export interface KilledExporter {
  readonly name: string;
  /** What happens at one instant. `calm`: one process, which does its tick. */
  minute(instantMs: number, kind: 'calm' | 'wild'): Promise<void>;
  /** Kills processes of this instant until so many in all were hit at work. Gives up when ticks are too fast for it. */
  killUntil(instantMs: number, hits: number): Promise<void>;
  /** The newest tick whose ledger samples are in the document, ms; what was visible then is counted. */
  emittedToMs(): number;
  /** Each tick that was emitted and the one at which it was, ms. */
  emitted(): readonly (readonly [tickMs: number, readAtMs: number])[];
  readonly answers: readonly (TickAnswer & { readonly instantMs: number })[];
  readonly figures: KillFigures;
  end(): Promise<void>;
}

export interface KillFigures {
  processes: number;
  kills: number;
  /** Kills of a process that had not answered yet. */
  hits: number;
  /** Hits after which the document was another: the process died between its commit and its answer. */
  hitsAfterCommit: number;
  skipped: number;
  doubled: number;
}

export interface KilledExporterOptions {
  readonly name: string;
  /** The exporter's variables without STORE. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the document; a file. */
  readonly storePath: string;
  readonly cacheFolder: string;
  readonly chance: SeededChance;
  /** Keeps a process for the next minute, as a warm Lambda function does, until it is killed. */
  readonly warm?: boolean;
}

/** The two members of the document that say which ticks were emitted. */
const positionShape = z.object({
  sources: z.object({ finishedRuns: z.object({ emittedToMs: z.int() }) }),
});

export function createKilledExporter(options: KilledExporterOptions): KilledExporter {
  const { name, environment, storePath, cacheFolder, chance, warm = false } = options;
  const figures: KillFigures = {
    processes: 0,
    kills: 0,
    hits: 0,
    hitsAfterCommit: 0,
    skipped: 0,
    doubled: 0,
  };
  const answers: (TickAnswer & { readonly instantMs: number })[] = [];
  const emitted: (readonly [number, number])[] = [];
  const processes = createProcesses({
    environment: {
      ...environment,
      STORE: `file:${storePath}`,
      ...(warm ? { LATER_ACKNOWLEDGEMENTS: '1' } : {}),
    },
    cacheFolder,
    keeps: warm,
  });
  /** How long ticks took lately, ms: kills come within that. */
  let usualMs = 400;

  const whole = async (instantMs: number, nowMs: number): Promise<void> => {
    const ticker = await processes.take();
    const startedMs = systemClock.monotonic();
    const answer = await ticker.tick(instantMs, nowMs);
    usualMs = (usualMs + systemClock.monotonic() - startedMs) / 2;
    if (answer !== undefined) answers.push({ ...answer, instantMs });
    await processes.giveBack(ticker);
  };

  const writtenMs = async () => (await stat(storePath)).mtimeMs;

  /** Kills come within this part of that; it follows from whether they were too late. */
  let reach = 0.8;

  const soon = () => systemClock.sleep(chance.random() * reach * usualMs);

  /** Just after the document was written, when samples leave, or their answers are written down. */
  const aroundItsWrite = async (answering: Promise<unknown>, before: number): Promise<void> => {
    let answered = false;
    const end = () => {
      answered = true;
    };
    answering.then(end, end);
    while (!answered && (await writtenMs()) === before) await systemClock.sleep(1);
    await systemClock.sleep(chance.random() * 0.1 * usualMs);
  };

  /** Resolves with whether the tick was under way. */
  const kill = async (instantMs: number, nowMs: number): Promise<boolean> => {
    const ticker = await processes.take();
    const before = await writtenMs();
    const answering = ticker.tick(instantMs, nowMs);
    await (chance.random() < 0.5 ? soon() : aroundItsWrite(answering, before));
    await ticker.kill();
    const answer = await answering;
    figures.kills += 1;
    reach = answer === undefined ? Math.min(0.8, reach * 1.3) : Math.max(0.02, reach * 0.7);
    if (answer === undefined) figures.hits += 1;
    else answers.push({ ...answer, instantMs });
    if (answer === undefined && (await writtenMs()) !== before) figures.hitsAfterCommit += 1;
    return answer === undefined;
  };

  const killSome = async (instantMs: number): Promise<void> => {
    const times = chance.between(2, 3);
    for (let n = 0; n < times; n += 1) {
      if (!(await kill(instantMs, instantMs + 2_000 + n * 9_000))) return;
    }
    if (chance.random() < 0.6) await whole(instantMs, instantMs + 40_000);
  };

  const wild = async (instantMs: number): Promise<void> => {
    const draw = chance.random();
    if (draw < 0.12) {
      figures.skipped += 1;
    } else if (draw < 0.3) {
      figures.doubled += 1;
      const nowMs = instantMs + 2_000;
      const second = chance.random() < 0.3 ? kill(instantMs, nowMs) : whole(instantMs, nowMs);
      await Promise.all([whole(instantMs, nowMs), second]);
    } else if (draw < 0.9) {
      await killSome(instantMs);
    } else {
      await whole(instantMs, instantMs + 2_000);
    }
  };

  const noteEmitted = async (instantMs: number): Promise<void> => {
    const body = await readFile(storePath);
    const { emittedToMs } = positionShape.parse(JSON.parse(gunzipSync(body).toString('utf8'))).sources
      .finishedRuns;
    const from = emitted.at(-1)?.[0] ?? emittedToMs - 60_000;
    for (let tickMs = from + 60_000; tickMs <= emittedToMs; tickMs += 60_000)
      emitted.push([tickMs, instantMs]);
  };

  return {
    name,
    figures,
    answers,
    async minute(instantMs, kind) {
      await (kind === 'calm' ? whole(instantMs, instantMs + 2_000) : wild(instantMs));
      await noteEmitted(instantMs);
    },
    async killUntil(instantMs, hits) {
      for (let n = 0; n < 5 * hits && figures.hits < hits; n += 1) await kill(instantMs, instantMs + 2_000);
    },
    emittedToMs: () => emitted.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY,
    emitted: () => emitted,
    async end() {
      figures.processes = processes.started();
      await processes.end();
    },
  };
}

interface Processes {
  take(): Promise<Ticker>;
  giveBack(ticker: Ticker): Promise<void>;
  started(): number;
  end(): Promise<void>;
}

/** Loads the next process while one is at work. */
function createProcesses(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly cacheFolder: string;
  readonly keeps: boolean;
}): Processes {
  const { environment, cacheFolder, keeps } = options;
  let count = 0;
  const start = (): Promise<Ticker> => {
    count += 1;
    const starting = startTicker(environment, cacheFolder);
    starting.catch(() => undefined); // asked for when its turn comes
    return starting;
  };
  let next: Promise<Ticker> | undefined;
  const warm: Ticker[] = [];
  return {
    take() {
      const kept = warm.pop();
      if (kept !== undefined) return Promise.resolve(kept);
      const taken = next ?? start();
      next = start();
      return taken;
    },
    async giveBack(ticker) {
      if (keeps) warm.push(ticker);
      else await ticker.end();
    },
    started: () => count,
    async end() {
      const spare = await next?.catch(() => undefined);
      await Promise.all([...warm, ...(spare === undefined ? [] : [spare])].map((ticker) => ticker.end()));
    },
  };
}
