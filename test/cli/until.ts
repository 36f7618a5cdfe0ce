import type { CommandLine } from './command-line.ts';

export type Command = readonly string[] | (() => Promise<number>);

export interface UntilOptions {
  /** Requests that hung so far. */
  readonly hung?: () => number;
  readonly whileItWaits?: () => Promise<void>;
  /** Called before each wait for a tick, with the number of ticks that have ended. */
  readonly afterTick?: (ticks: number) => void;
}

/** Runs `push --every` until `ticks` ticks have ended and the next is waited for, then asks to stop. */
export async function runUntilTicks(
  line: CommandLine,
  ticks: number,
  command: Command,
  { hung = () => 0, whileItWaits = async () => {}, afterTick = () => {} }: UntilOptions = {},
): Promise<number> {
  const status = typeof command === 'function' ? command() : line.start(command);
  const reached = Promise.withResolvers<void>();
  const { sleep } = line.clock;
  let sleeps = 0;
  Object.assign(line.clock, {
    sleep: (ms: number, signal?: AbortSignal) => {
      if (signal === line.stop.signal) {
        sleeps += 1;
        line.outside.setNow(line.clock.now() + ms);
        afterTick(sleeps);
        if (sleeps === ticks) reached.resolve();
      }
      return sleep(ms, signal);
    },
  });
  await line.clock.settle(reached.promise, hung);
  await whileItWaits();
  line.stop.abort();
  return line.clock.settle(status, hung);
}
