import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parameterProblem, StageError } from '../../infra/stage/error.ts';
import type { Stage } from '../../infra/stage/load.ts';

/** What stands in stages/example-*.yml to be changed. */
const placeholders =
  /11111111-1111-4111-8111-111111111111|data-platform@example\.com|ws-1234abcd-12ab|:123456789012:|^1234567$|^(?:subnet|vpc)-0(a{16}|b{16}|c{16})$/;

/** A copy of an example that nobody changed would be deployed and reach nobody, or fail half-way. Throws `StageError`. */
export function refuseExamples({ file }: Pick<Stage, 'file'>): void {
  const left = leavesOf(parse(readFileSync(file, 'utf8'))).filter(([, value]) => placeholders.test(value));
  if (left.length === 0) return;
  throw new StageError(
    left.map(([path, found]) =>
      parameterProblem(file, {
        path,
        what: 'is still that of the example',
        found,
        expected: 'yours',
        do: `change ${path}`,
      }),
    ),
  );
}

/** Every value with its path, such as `environment.PREFECT_API_URL`. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[path.join('.'), String(value)]];
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...path, key]));
}
