import { parameterProblem, StageError } from '../../infra/stage/error.ts';
import type { Stage } from '../../infra/stage/load.ts';

/** What stands in the examples to be changed. */
const placeholders = [
  '11111111-1111-4111-8111-111111111111',
  'data-platform@example.com',
  'ws-1234abcd-12ab',
];

/** A copy of an example that nobody changed would be deployed without an error, and reach nobody. Throws `StageError`. */
export function refuseExamples({ file, workspaces, alarms }: Stage): void {
  const values: [string, string][] = workspaces.flatMap(({ environment, prometheus }) => [
    ...Object.entries(environment).map(([name, value]): [string, string] => [`environment.${name}`, value]),
    ...(prometheus === undefined
      ? []
      : [['amazonManagedPrometheus.workspaceArn', prometheus.workspaceArn] satisfies [string, string]]),
  ]);
  if (alarms.email !== undefined) values.push(['alarms.email', alarms.email]);
  const left = new Map(values.filter(([, value]) => placeholders.some((one) => value.includes(one))));
  if (left.size === 0) return;
  throw new StageError(
    [...left].map(([path, found]) =>
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
