// What the function of a stage will be configured with, read as the function reads it.
import { allCollectors as collectors } from '../../lib/collectors/all.ts';
import { chooseWorkspace } from '../../lib/config/choose-workspace.ts';
import { ConfigError } from '../../lib/config/errors.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import type { Environment } from '../../lib/config/raw-values.ts';
import { fileFormOf } from '../../lib/config/variable.ts';
import { variables } from '../../lib/config/variables.ts';
import type { Problem } from '../../lib/problem.ts';
import { arnOf } from './environment.ts';
import { longest } from './text.ts';
import { functionVariables, type VariablesInput } from './variables.ts';
import type { Workspace } from './workspaces.ts';

/** Reports what the function would find wrong with its configuration, as far as it can be known without secrets. */
export function checkConfiguration(input: VariablesInput, report: (problem: Problem) => void): void {
  const { workspaces } = input;
  const all = Object.entries(functionVariables(input)).map(([name, text]) => [name, longest(text)]);
  const environment: Environment = { ...Object.fromEntries(all), AWS_REGION: input.region };
  const found = workspaces.map((workspace) => ({
    name: workspace.name,
    problems: problemsOf(workspace, environment, input.several),
  }));
  for (const { problem, names } of together(found)) {
    const message =
      names.length === workspaces.length ? problem.message : `${names.join(', ')}: ${problem.message}`;
    report({ ...problem, message });
  }
}

function problemsOf(workspace: Workspace, ofFunction: Environment, several: boolean): readonly Problem[] {
  try {
    const { environment, defaults } = chooseWorkspace(ofFunction, several ? workspace.name : undefined);
    const withSecret = workspace.secret.kind !== 'none';
    parseConfig(withExamples({ ...defaults, ...environment }), {
      collectors,
      where: 'lambda',
      sink: withSecret ? 'optional' : 'required',
      // Files are in the function, not here.
      readFile: () => '-----BEGIN CERTIFICATE-----',
    });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // The secret may hold any variable; it cannot take one away.
    const mayFollow = (problem: Problem) =>
      workspace.secret.kind !== 'none' && problem.slug === 'missing-value';
    return error.problems.filter((problem) => !mayFollow(problem));
  }
}

/** Values that only AWS or a file of the function has, as they may be. */
function withExamples(environment: Environment): Environment {
  const known = { ...environment };
  for (const variable of variables.filter(({ secret }) => secret)) {
    const { name, example } = variable;
    const file = fileFormOf(variable);
    const value = known[name];
    if (value !== undefined && arnOf(name, value) !== undefined) known[name] = example;
    else if (value === undefined && known[file] !== undefined) known[name] = example;
    else continue;
    if (value === undefined) delete known[file];
  }
  return known;
}

interface Found {
  readonly name: string;
  readonly problems: readonly Problem[];
}

/** Each problem once, with the names of the workspaces that have it. */
function together(found: readonly Found[]): readonly { problem: Problem; names: readonly string[] }[] {
  const all = new Map<string, { problem: Problem; names: string[] }>();
  for (const { name, problems } of found) {
    for (const problem of problems) {
      const key = JSON.stringify(problem);
      const same = all.get(key) ?? { problem, names: [] };
      same.names.push(name);
      all.set(key, same);
    }
  }
  return [...all.values()];
}
