import { ConfigError } from '../config/errors.ts';
import { parseJsonObject } from '../config/json-object.ts';
import { jsonVariables } from '../config/json-variables.ts';
import type { Environment } from '../config/raw-values.ts';
import { isArn, parseSecretArn, type SecretArn, secretArnProblem } from '../config/secret-arn.ts';
import { variables } from '../config/variables.ts';
import type { Deadline } from '../deadline.ts';
import type { Problem } from '../problem.ts';
import type { Secrets } from './cached-secrets.ts';
import { emptyText, inBoth, nothingIn, notJson, notSingle } from './content-problems.ts';
import { SecretError, SecretsError } from './errors.ts';
import { besides, isSet, withoutEmpty } from './precedence.ts';

/** An environment in which nothing stands for a secret any more. */
export interface ResolvedEnvironment {
  readonly environment: Environment;
  /** What is wrong with what the secrets hold. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** What was read, for a report: where from, and the names of the variables that came from there. */
export interface SecretSource {
  readonly arn: string;
  readonly names: readonly string[];
}

export interface SecretEnvironment {
  /** False where nothing in the environment stands for a secret. */
  readonly hasSecrets: boolean;
  /**
   * The environment with its secrets. Rejects with `SecretsError` when one cannot be read, and with `ConfigError` when
   * something that should be an ARN is none. @param anew reads them now instead of taking what was read lately
   */
  resolve(
    deadline: Deadline,
    anew?: boolean,
  ): Promise<ResolvedEnvironment & { readonly sources: readonly SecretSource[] }>;
}

export interface SecretEnvironmentOptions {
  readonly environment: Environment;
  /** What holds where neither the environment nor the secret has it. */
  readonly defaults?: Environment;
  readonly secrets: Secrets;
}

/**
 * The variables of an environment, of the secret that its SECRET_ARN names, and of the defaults, in this order; and
 * for every secret variable that is an ARN the text under it.
 */
export function createSecretEnvironment(options: SecretEnvironmentOptions): SecretEnvironment {
  const { environment, defaults = {}, secrets } = options;
  const hasSecrets =
    isSet(environment.SECRET_ARN) || secretVariables.some(({ name }) => isArn(environment[name] ?? ''));
  return {
    hasSecrets,
    async resolve(deadline, anew = false) {
      const until = secrets.share(deadline);
      const read = (arn: SecretArn) => (anew ? secrets.getAnew : secrets.get)(arn, until);
      const beginning = startAll(arnsIn(environment), read);
      const secret = await readJsonSecret(environment.SECRET_ARN, read);
      const { own, both } = besides(environment, secret.values);
      const merged = { ...defaults, ...own, ...withoutEmpty(environment) };
      const single = await readSingles(arnsIn(merged), (one) => beginning.get(one.arn.arn) ?? read(one.arn));
      return {
        environment: { ...merged, ...single.values },
        problems: [...secret.problems, ...single.problems],
        warnings: [...(secret.warnings ?? []), ...(both.length === 0 ? [] : [inBoth(both)])],
        sources: [...secret.sources, ...single.sources],
      };
    },
  };
}

/** A secret variable that holds an ARN. */
interface Single {
  readonly name: string;
  readonly arn: SecretArn;
}

const secretVariables = variables.filter(({ secret }) => secret);

/** Throws `ConfigError` with every ARN that is none. */
function arnsIn(environment: Environment): readonly Single[] {
  const given = secretVariables.flatMap(({ name }) => {
    const value = environment[name];
    return value !== undefined && isArn(value) ? [{ name, value, arn: parseSecretArn(value) }] : [];
  });
  const wrong = given.filter(({ arn }) => arn === undefined);
  if (wrong.length > 0) throw new ConfigError(wrong.map(({ name, value }) => secretArnProblem(name, value)));
  return given.flatMap(({ name, arn }) => (arn === undefined ? [] : [{ name, arn }]));
}

type Read = (arn: SecretArn) => Promise<string>;

/** Starts what is known to be needed, so that it is read beside the JSON secret and not after it. */
function startAll(singles: readonly Single[], read: Read): ReadonlyMap<string, Promise<string>> {
  const started = new Map(singles.map(({ arn }) => [arn.arn, arn] as const));
  return new Map(
    [...started].map(([text, arn]) => {
      const reading = read(arn);
      // Whoever waits for it gets the error; nobody does when the JSON secret fails first.
      reading.catch(() => undefined);
      return [text, reading];
    }),
  );
}

interface Values {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
  readonly warnings?: readonly Problem[];
  readonly sources: readonly SecretSource[];
}

async function readJsonSecret(given: string | undefined, read: Read): Promise<Values> {
  if (!isSet(given)) return { values: {}, problems: [], sources: [] };
  const arn = parseSecretArn(given);
  if (arn === undefined) throw new ConfigError([secretArnProblem('SECRET_ARN', given)]);
  const [result] = await Promise.allSettled([read(arn)]);
  if (result.status === 'rejected') throw failure([{ name: 'SECRET_ARN', error: result.reason }]);
  const entries = parseJsonObject(result.value);
  if (entries === undefined) throw new SecretsError([notJson(arn, result.value)]);
  const unfilled = entries.length === 0 ? [nothingIn(arn)] : [];
  const { values, problems } = jsonVariables(entries, {
    subject: `The secret ${arn.arn}`,
    unknownKey: 'secret-unknown-key',
    unusableValue: 'secret-content',
    without: ['SECRET_ARN', 'WORKSPACES'],
  });
  const sources = [{ arn: arn.arn, names: Object.keys(values) }];
  return { values, problems, warnings: unfilled, sources };
}

async function readSingles(
  singles: readonly Single[],
  read: (single: Single) => Promise<string>,
): Promise<Values> {
  const results = await Promise.allSettled(singles.map(read));
  const failed = singles.flatMap(({ name }, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ name, error: result.reason }] : [];
  });
  if (failed.length > 0) throw failure(failed);
  const values: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const [index, { name, arn }] of singles.entries()) {
    const result = results[index];
    if (result?.status !== 'fulfilled') continue;
    values[name] = result.value;
    const isObject = name !== 'REMOTE_WRITE_HEADERS' && parseJsonObject(result.value) !== undefined;
    if (isObject) problems.push(notSingle(name, arn));
    if (!isSet(result.value)) problems.push(emptyText(name, arn));
  }
  return { values, problems, sources: singles.map(({ name, arn }) => ({ arn: arn.arn, names: [name] })) };
}

/** All that could not be read, as one error; anything else than a secret that could not be read is a defect. */
function failure(failed: readonly { readonly name: string; readonly error: unknown }[]): unknown {
  const problems = failed.flatMap(({ name, error }) =>
    error instanceof SecretError ? [{ ...error.problem, message: `${name}: ${error.problem.message}` }] : [],
  );
  const [first] = failed;
  return problems.length < failed.length ? first?.error : new SecretsError(problems, { cause: first?.error });
}
