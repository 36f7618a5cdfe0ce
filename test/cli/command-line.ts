import { onTestFinished } from 'vitest';
import { run } from '../../cli/run.ts';
import { createTerminal } from '../../cli/terminal.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Receiver } from '../../doubles/receiver/receiver.ts';
import { SecretError } from '../../lib/secrets/errors.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { type Environment, smallWorkspace, startPrefect, startTestReceiver } from '../tick/scene.ts';
import { createTickClock, type TickClock } from '../tick/tick-clock.ts';

/** 10:00:00, where fake clocks start. */
export const ten = Date.UTC(2026, 10, 20, 10);

export interface CommandLine {
  readonly clock: TickClock;
  /** Of Prefect and of the receiver. */
  readonly outside: FakeClock;
  readonly prefect: PrefectDouble;
  readonly receiver: Receiver;
  readonly environment: Environment;
  /** Asks the program to stop. */
  readonly stop: AbortController;
  /** Starts a command; resolves with its exit status. `environment` stands beside the usual one. */
  start(args: readonly string[], options?: StartOptions): Promise<number>;
  /** Starts a command and drives the clock to its end. */
  run(args: readonly string[], options?: StartOptions & { hung?: () => number }): Promise<number>;
  stdout(): string;
  stderr(): string;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly files?: Environment;
  readonly isTerminal?: boolean;
  /** Text by ARN, as it is when it is read; others are not there. */
  readonly secrets?: ReadonlyMap<string, string>;
}

/** A command line in this process, on a fake clock, with a Prefect and a receiver that end with the test. */
export async function openCommandLine(): Promise<CommandLine> {
  const clock = createTickClock();
  const outside = createFakeClock();
  const prefect = await startPrefect(smallWorkspace, { clock: outside });
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver({ clock: outside });
  const environment = {
    PREFECT_API_URL: prefect.apiUrl,
    WORKSPACE: 'test',
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    STORE: 'memory:',
  };
  const stop = new AbortController();
  const printed = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof printed, isTTY: boolean) => ({
    isTTY,
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const start: CommandLine['start'] = (args, options = {}) => {
    const { isTerminal = false, files = {}, secrets = new Map<string, string>() } = options;
    const env = { NO_COLOR: '1', ...environment, ...options.environment };
    return run(args, {
      env,
      clock,
      stopSignal: () => stop.signal,
      readSecret: async ({ arn }) => {
        const text = secrets.get(arn);
        if (text !== undefined) return text;
        throw new SecretError({ slug: 'secret-not-found', message: `There is no secret ${arn}.` }, false);
      },
      terminal: createTerminal(stream('stdout', isTerminal), stream('stderr', isTerminal), env),
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
        return text;
      },
    });
  };
  return {
    clock,
    outside,
    prefect,
    receiver,
    environment,
    stop,
    start,
    run: (args, options = {}) => clock.settle(start(args, options), options.hung),
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
  };
}
