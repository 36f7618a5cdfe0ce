import { check, failedWith } from '../lib/check.ts';
import type { Clock } from '../lib/clock.ts';
import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { chooseWorkspace, sharedStore } from '../lib/config/choose-workspace.ts';
import { ConfigError } from '../lib/config/errors.ts';
import { parseConfig } from '../lib/config/parse.ts';
import { workspaceName } from '../lib/config/workspaces.ts';
import type { Deadline } from '../lib/deadline.ts';
import type { CheckReport } from '../lib/doctor/report.ts';
import { createExporter, type Exporter } from '../lib/exporter.ts';
import { createLiveWiring, type LiveWiring } from '../lib/live-wiring.ts';
import { createLogger, errorFields, type Logger } from '../lib/log.ts';
import { createCachedSecrets, type Secrets } from '../lib/secrets/cached-secrets.ts';
import { SecretsError } from '../lib/secrets/errors.ts';
import { createSecretReader, type ReadSecret } from '../lib/secrets/read-secret.ts';
import { createSecretEnvironment } from '../lib/secrets/secret-environment.ts';

export interface WorkspacesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Default: from AWS. */
  readonly readSecret?: ReadSecret;
  readFile(path: string): string;
  write(text: string): void;
}

/** What a tick of one workspace needs. */
export interface Wired {
  readonly exporter: Exporter;
  readonly log: Logger;
  readonly emf: boolean;
  /** What CloudWatch metrics are told apart by: the name in WORKSPACES, or else WORKSPACE. */
  readonly metricsOf: string | undefined;
}

/** The workspaces of one container, each wired at its first tick and kept. */
export interface Workspaces {
  /** Rejects, after a log line, with `ConfigError` or `SecretsError`: of this workspace only. */
  wired(asked: string | undefined, deadline: Deadline): Promise<Wired>;
  check(asked: string | undefined, deadline: Deadline): Promise<CheckReport>;
}

const where = 'lambda';

export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const { clock, readFile, readSecret = createSecretReader({ clock }) } = options;
  // A copy: the runtime client writes to the environment at each invocation (_X_AMZN_TRACE_ID).
  const env = { ...options.env };
  const secrets = createCachedSecrets({
    read: readSecret,
    clock,
    warn: (problem) => loggerOf(options, 'info').warn(problem.message, { ...problem }),
  });
  const wirings = new Map<string | undefined, LiveWiring<Wired>>();
  const places: Places = new Map();
  return {
    async wired(asked, deadline) {
      try {
        const wiring = wirings.get(asked) ?? wiringOf({ ...options, env }, { secrets, places }, asked);
        wirings.set(asked, wiring);
        return await wiring.current(deadline);
      } catch (error) {
        logFailure(loggerOf(options, 'info', asked ?? plainName(env.WORKSPACE)), error);
        throw error;
      }
    },
    async check(asked, deadline) {
      try {
        const { environment, defaults, warnings } = chooseWorkspace(env, asked, 'check');
        const uncached = createCachedSecrets({ read: readSecret, clock, warn: () => undefined });
        const resolving = createSecretEnvironment({ environment, defaults, secrets: uncached });
        return await check(
          { environment: resolving, warnings, clock, readFile, collectors, where },
          deadline,
        );
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return failedWith('configuration', error.problems);
      }
    },
  };
}

/** Which workspace has its ledger at a place. */
type Places = Map<string, string>;

function wiringOf(
  options: WorkspacesOptions,
  { secrets, places }: { readonly secrets: Secrets; readonly places: Places },
  asked: string | undefined,
): LiveWiring<Wired> {
  const { env, clock, readFile } = options;
  const { name, environment, defaults, warnings } = chooseWorkspace(env, asked);
  return createLiveWiring<Wired>({
    clock,
    environment: createSecretEnvironment({ environment, defaults, secrets }),
    parse: (resolved) => {
      const found = { problems: resolved.problems, warnings: [...warnings, ...resolved.warnings] };
      return parseConfig(resolved.environment, { readFile, collectors, sink: 'required', where, found });
    },
    wire: ({ config, warnings: all }, credentials, before) => {
      const exporter = createExporter(config, clock, {
        ...{ acknowledgeAtOnce: false, credentials },
        before: before?.exporter,
      });
      take(places, exporter.place, name);
      const log = loggerOf(options, config.log.level, name);
      for (const warning of all) log.warn(warning.message, { ...warning });
      return { exporter, log, emf: config.log.emf, metricsOf: name ?? config.prefect.workspace };
    },
  });
}

/** A ledger that two wrote to would have the runs of both, and the samples of one. Throws `ConfigError`. */
function take(places: Places, place: string, name: string | undefined): void {
  if (name === undefined || place === 'memory:') return;
  // What it had until now is free.
  for (const [held, by] of places) if (by === name) places.delete(held);
  const holder = places.get(place);
  if (holder !== undefined) throw new ConfigError([sharedStore(name, [holder], place)]);
  places.set(place, name);
}

/** Lines that tell of one of several workspaces have its name. */
function loggerOf(
  { write, clock }: WorkspacesOptions,
  level: Parameters<typeof createLogger>[0],
  workspace?: string,
): Logger {
  const timestamp = () => new Date(clock.now()).toISOString();
  return createLogger(level, write, timestamp, workspace === undefined ? {} : { workspace });
}

/** It is not checked yet, and may be anything. */
const plainName = (name = ''): string | undefined => (workspaceName.test(name) ? name : undefined);

function logFailure(log: Logger, error: unknown): void {
  const has = error instanceof ConfigError || error instanceof SecretsError;
  const what =
    error instanceof SecretsError ? 'the secrets cannot be read' : 'the configuration cannot be used';
  log.error(what, { ...errorFields(error), ...(has ? { problems: error.problems } : {}) });
}
