import { allCollectors as collectors } from '../lib/collectors/all.ts';
import { type ParsedConfig, parseConfig } from '../lib/config/parse.ts';
import type { SinkNeed } from '../lib/config/sink.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { createLiveWiring, type LiveWiring } from '../lib/live-wiring.ts';
import { formatProblem, type Problem } from '../lib/problem.ts';
import { createCachedSecrets } from '../lib/secrets/cached-secrets.ts';
import { createSecretReader } from '../lib/secrets/read-secret.ts';
import { createSecretEnvironment, type SecretEnvironment } from '../lib/secrets/secret-environment.ts';
import type { SideCredentials } from '../lib/side-credentials.ts';
import type { Surroundings } from './surroundings.ts';

export const where = 'command-line';

const readingMs = 30_000;

export interface Configured extends ParsedConfig {
  readonly credentials: SideCredentials;
}

/** The environment with its secrets, as they are when it is asked for. */
export function secretEnvironment(surroundings: Surroundings): SecretEnvironment {
  const { env, clock, terminal, readSecret = createSecretReader({ clock }) } = surroundings;
  const warn = (problem: Problem) => terminal.note(formatProblem(problem));
  const secrets = createCachedSecrets({ read: readSecret, clock, warn });
  return createSecretEnvironment({ environment: env, secrets });
}

/**
 * What `wire` makes of the configuration, again whenever a secret has changed something other than credentials.
 * Warnings are printed each time. @param everySeconds stands in place of INTERVAL_SECONDS
 */
export function live<Wired>(
  surroundings: Surroundings,
  { sink, everySeconds }: { readonly sink: SinkNeed; readonly everySeconds?: number | undefined },
  wire: (configured: Configured, before: Wired | undefined) => Wired,
): LiveWiring<Wired> {
  const { clock, readFile, terminal } = surroundings;
  const interval = everySeconds === undefined ? {} : { INTERVAL_SECONDS: String(everySeconds) };
  return createLiveWiring<Wired>({
    clock,
    environment: secretEnvironment(surroundings),
    parse: (found) =>
      parseConfig({ ...found.environment, ...interval }, { readFile, collectors, sink, where, found }),
    wire: (parsed, credentials, before) => {
      for (const warning of parsed.warnings) terminal.note(formatProblem(warning));
      return wire({ ...parsed, credentials }, before);
    },
  });
}

/** The configuration of now. */
export const configured = (surroundings: Surroundings, sink: SinkNeed): Promise<Configured> =>
  live(surroundings, { sink }, (found) => found).current(startDeadline(surroundings));

/** The end of the time for reading secrets before a command begins. */
export const startDeadline = ({ clock }: Surroundings) => deadlineIn(readingMs, clock);
