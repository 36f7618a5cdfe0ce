import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createAsk } from './ask.ts';
import { findFreePort } from './free-port.ts';
import { collectLog, type LogTail } from './log-tail.ts';
import { guardProcess } from './watchdog.ts';

/** Where one server runs: a port of its own on 127.0.0.1 and a directory that is removed when it stops. */
export interface Place {
  readonly port: number;
  readonly url: string;
  readonly directory: string;
}

export interface Launch {
  readonly name: string;
  readonly binary: string;
  readonly args: (place: Place) => readonly string[];
  /** The whole environment but PATH. */
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** Writes configuration files before the start. */
  readonly prepare?: (place: Place) => Promise<void>;
  /** Ready when a GET of this path answers 200. */
  readonly readyPath: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly scheme?: 'http' | 'https';
}

/** A server that can be away for a while. */
export interface Interruptible {
  /** Ends the process; port and directory stay. */
  halt(): Promise<void>;
  /** Starts it again on both, and waits until it answers. */
  resume(): Promise<void>;
}

export interface ServerProcess extends Place, Interruptible {
  /** Of the first start. */
  readonly pid: number;
  /** The last lines that it printed. */
  log(): string;
  /** Resolves when the process has ended and its directory is gone. */
  stop(): Promise<void>;
}

const startAttempts = 3;
const readyTries = 2_400;
const readyPauseMs = 25;
const terminateMs = 5_000;

/** Starts a server and waits until it answers. Rejects with the end of its log when it does not. */
export async function startServerProcess(launch: Launch): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(launch);
    } catch (error) {
      // Somebody took the free port between the look and the start.
      const portTaken = /address already in use/i.test(String(error));
      if (!portTaken || attempt === startAttempts) throw error;
    }
  }
}

async function startOnce(launch: Launch): Promise<ServerProcess> {
  const port = await findFreePort();
  const directory = await mkdtemp(join(tmpdir(), `${launch.name}-`));
  const place: Place = { port, directory, url: `${launch.scheme ?? 'http'}://127.0.0.1:${port}` };
  await launch.prepare?.(place);
  let running = await startRunning(launch, place);
  return {
    ...place,
    pid: running.pid,
    log: () => running.log.text(),
    halt: () => running.end(),
    resume: async () => {
      running = await startRunning(launch, place);
    },
    stop: async () => {
      await running.end();
      await removeDirectory(directory);
    },
  };
}

const removeDirectory = (directory: string) => rm(directory, { recursive: true, force: true, maxRetries: 3 });

interface Running {
  readonly pid: number;
  readonly log: LogTail;
  end(): Promise<void>;
}

/** Starts the process in its place and waits until it answers; the place is removed when it never does. */
async function startRunning(launch: Launch, place: Place): Promise<Running> {
  const { directory } = place;
  const child = spawn(launch.binary, launch.args(place), {
    cwd: directory,
    env: { PATH: process.env.PATH, ...launch.env?.(place) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = collectLog(child);
  const pid = await spawned(child, launch.name);
  const release = guardProcess(pid, directory);
  const end = async () => {
    await endProcess(child);
    release();
  };
  try {
    await waitUntilReady(launch, place, child, log);
  } catch (error) {
    await end();
    await removeDirectory(directory);
    throw error;
  }
  return { pid, log, end };
}

async function spawned(child: ChildProcess, name: string): Promise<number> {
  await once(child, 'spawn');
  if (child.pid === undefined) throw new Error(`${name} has no pid`);
  return child.pid;
}

async function waitUntilReady(
  launch: Launch,
  place: Place,
  child: ChildProcess,
  log: LogTail,
): Promise<void> {
  const ask = createAsk(place.url, launch.headers);
  for (let tried = 0; tried < readyTries; tried += 1) {
    if (hasEnded(child)) {
      throw new Error(`${launch.name} ended with ${child.exitCode ?? child.signalCode}:\n${log.text()}`);
    }
    const answer = await ask(launch.readyPath).catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(readyPauseMs);
  }
  throw new Error(`${launch.name} did not answer ${place.url}${launch.readyPath}:\n${log.text()}`);
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), terminateMs);
  await ended;
  clearTimeout(kill);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
