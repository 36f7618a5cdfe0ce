import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { run } from '../../cli/run.ts';
import { createTerminal } from '../../cli/terminal.ts';
import { createHandler } from '../../functions/handler.ts';
import { allCollectors as collectors } from '../../lib/collectors/all.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createExporter } from '../../lib/exporter.ts';
import { createCachedSecrets } from '../../lib/secrets/cached-secrets.ts';
import { SecretError } from '../../lib/secrets/errors.ts';
import type { ReadSecret } from '../../lib/secrets/read-secret.ts';
import { createSecretEnvironment } from '../../lib/secrets/secret-environment.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createTickClock } from '../tick/tick-clock.ts';

/** A configuration to use in every way there is. */
export interface Use {
  readonly env: Readonly<Record<string, string>>;
  /** Requests that hung so far. */
  readonly hung: (() => number) | undefined;
  /** Text by ARN, or what reads it. */
  readonly secrets?: ReadonlyMap<string, string> | ReadSecret;
  readFile(path: string): string;
}

function readSecretOf({ secrets }: Use): ReadSecret {
  if (typeof secrets === 'function') return secrets;
  return async ({ arn }) => {
    const text = secrets?.get(arn);
    if (text !== undefined) return text;
    throw new SecretError({ slug: 'secret-not-found', message: `There is no secret ${arn}.` }, false);
  };
}

/** Everything a log could show of a value, the fields and causes of an error included. */
export const whole = (value: unknown): string =>
  [
    inspect(value, {
      depth: 20,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null,
    }),
    value instanceof Error ? `${value.stack} ${value.message}` : '',
    JSON.stringify(value),
  ].join('\n');

const inMemory = { STORE: 'memory:' };

/** Everything a function shows: its log, its metrics for CloudWatch, its answers and errors. */
async function shownByFunction(use: Use, event: unknown): Promise<string> {
  const { env, readFile, hung } = use;
  const clock = createTickClock();
  const written: string[] = [];
  const handler = createHandler({
    env: { EMF: 'true', LOG_LEVEL: 'debug', ALLOW_MEMORY_STORE: 'true', ...inMemory, ...env },
    clock,
    readFile,
    readSecret: readSecretOf(use),
    write: (text) => written.push(text),
    peakMemoryMb: () => 100,
  });
  const outcome = handler(event, { getRemainingTimeInMillis: () => 60_000 }).then(whole, whole);
  written.push(await clock.settle(outcome, hung));
  return written.join('\n');
}

/** Everything a command prints. */
async function shownByCommand(use: Use, args: readonly string[], isTTY = false): Promise<string> {
  const { env, readFile, hung } = use;
  const readSecret = readSecretOf(use);
  const clock = createTickClock();
  let printed = '';
  const stream = {
    isTTY,
    write: (text: string) => {
      printed += text;
    },
  };
  const terminal = createTerminal(stream, stream, env);
  const stopSignal = () => new AbortController().signal;
  const status = await clock.settle(
    run(args, { env: { ...inMemory, ...env }, clock, terminal, stopSignal, readFile, readSecret }),
    hung,
  );
  return `${printed} ${status}`;
}

/** The ledger that a tick stores; empty where the configuration is wrong. */
async function storedByTick(use: Use): Promise<string> {
  const { env, readFile, hung } = use;
  const clock = createTickClock();
  const store = createMemoryStore({ clock });
  const secrets = createCachedSecrets({ read: readSecretOf(use), clock, warn: () => undefined });
  const options = { readFile, collectors, sink: 'required', where: 'command-line' } as const;
  const tick = async () => {
    const deadline = deadlineIn(55_000, clock);
    const found = await createSecretEnvironment({ environment: env, secrets }).resolve(deadline);
    const { config } = parseConfig(found.environment, { ...options, found });
    await createExporter(config, clock, { store }).tick(clock.now(), deadline);
  };
  await clock.settle(tick().then(whole, whole), hung);
  const stored = await store.load(deadlineIn(55_000, clock));
  return stored === undefined ? '' : gunzipSync(stored.body).toString();
}

/** All that the function and every command show with a configuration, and what they store. */
export async function shownByEverything(use: Use): Promise<string> {
  return [
    await shownByFunction(use, {}),
    await shownByFunction(use, { check: true }),
    await shownByCommand(use, ['push']),
    await shownByCommand(use, ['push'], true),
    await shownByCommand(use, ['preview']),
    await shownByCommand(use, ['preview', '--series'], true),
    await shownByCommand(use, ['check'], true),
    await shownByCommand(use, ['check', '--json']),
    await storedByTick(use),
  ].join('\n');
}
