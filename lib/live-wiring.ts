import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { ParsedConfig } from './config/parse.ts';
import type { Environment } from './config/raw-values.ts';
import { variables } from './config/variables.ts';
import type { Deadline } from './deadline.ts';
import type { Credentials } from './http/renewing.ts';
import { receiverIdentity } from './receiver-identity.ts';
import type { ResolvedEnvironment, SecretEnvironment } from './secrets/secret-environment.ts';
import { type SideCredentials, sinkCredentialsOf } from './side-credentials.ts';

export interface LiveWiring<Wired> {
  /**
   * What is wired for the configuration as it is now: the same as the last time, unless something other than
   * credentials has changed. Rejects with `ConfigError` and `SecretsError`.
   */
  current(deadline: Deadline): Promise<Wired>;
}

export interface LiveWiringOptions<Wired> {
  readonly clock: Clock;
  readonly environment: SecretEnvironment;
  /** Throws `ConfigError`. */
  parse(resolved: ResolvedEnvironment): ParsedConfig;
  /** @param before what was wired until now, if anything was */
  wire(parsed: ParsedConfig, credentials: SideCredentials, before: Wired | undefined): Wired;
}

/** How soon credentials are looked for again after a side refused them, ms: once in a tick of a minute. */
const renewMs = 30_000;

/** Wires for a configuration that may change while the process runs, because secrets do. */
export function createLiveWiring<Wired>(options: LiveWiringOptions<Wired>): LiveWiring<Wired> {
  const { environment } = options;
  let known: { readonly inUse: InUse; readonly wired: Wired } | undefined;
  // Somebody may have mended since what could not be used.
  let isMendable = false;
  return {
    async current(deadline) {
      const anew = isMendable;
      isMendable = true;
      const resolved = await environment.resolve(deadline, anew);
      if (known?.inUse.adopt(resolved) !== true) {
        const parsed = options.parse(resolved);
        const inUse = createInUse(options, resolved, parsed);
        known = { inUse, wired: options.wire(parsed, inUse.credentials, known?.wired) };
      }
      isMendable = false;
      return known.wired;
    },
  };
}

/** A configuration that something is wired for. */
interface InUse {
  readonly credentials: SideCredentials;
  /** Takes over the credentials of another environment; false when that asks for another wiring. */
  adopt(resolved: ResolvedEnvironment): boolean;
}

function createInUse(
  { clock, environment, parse }: Omit<LiveWiringOptions<unknown>, 'wire'>,
  begun: ResolvedEnvironment,
  { config }: ParsedConfig,
): InUse {
  let last = begun.environment;
  let prefect = config.prefect.auth;
  let sink = sinkCredentialsOf(config.sink);

  const adopt: InUse['adopt'] = (resolved) => {
    const changed = changedNames(last, resolved.environment);
    if (changed.length === 0 && resolved.problems.length === 0) return true;
    if (!changed.every((name) => credentialNames.has(name))) return false;
    const now = parse(resolved).config;
    if (!isSameReceiver(config, now)) return false;
    last = resolved.environment;
    if (changed.some((name) => name.startsWith('PREFECT_'))) prefect = now.prefect.auth;
    if (changed.some((name) => !name.startsWith('PREFECT_'))) sink = sinkCredentialsOf(now.sink);
    return true;
  };

  const renew = async (deadline: Deadline): Promise<void> => {
    try {
      adopt(await environment.resolve(deadline, true));
    } catch {
      // The next tick will say so; this one has the refusal to tell of.
    }
  };
  const renewable = <Auth>(current: () => Auth): Credentials<Auth> =>
    environment.hasSecrets ? renewableBy(renew, current, clock) : { current, renew: async () => false };
  return { adopt, credentials: { prefect: renewable(() => prefect), sink: renewable(() => sink) } };
}

/** Each side may ask for itself: a key that may not read everything must not keep the receiver's from being renewed. */
function renewableBy<Auth>(
  renew: (deadline: Deadline) => Promise<void>,
  current: () => Auth,
  clock: Clock,
): Credentials<Auth> {
  let lastMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  return {
    current,
    async renew(deadline) {
      const before = current();
      if (running === undefined) {
        if (Math.abs(clock.now() - lastMs) < renewMs) return false;
        lastMs = clock.now();
        running = renew(deadline).finally(() => {
          running = undefined;
        });
      }
      await running;
      return current() !== before;
    },
  };
}

const credentialNames: ReadonlySet<string> = new Set(
  variables.filter(({ credential }) => credential).map(({ name }) => name),
);

function changedNames(before: Environment, after: Environment): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]);
}

/** A header may name the tenant, and that is another receiver. */
const isSameReceiver = (before: Config, after: Config): boolean =>
  receiverIdentity(before).sink === receiverIdentity(after).sink;
