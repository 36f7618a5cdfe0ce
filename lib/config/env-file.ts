import { parseEnv } from 'node:util';
import type { Environment } from './raw-values.ts';

/**
 * The environment with the variables of a file (`NAME=value` lines, the syntax of Node's `--env-file`). As with
 * Node, what the environment already has wins, even when it is empty.
 */
export function withEnvFile(environment: Environment, text: string): Environment {
  const own = Object.entries(environment).filter(([, value]) => value !== undefined);
  return { ...parseEnv(text), ...Object.fromEntries(own) };
}
