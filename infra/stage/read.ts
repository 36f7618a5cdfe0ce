import { readdirSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type * as z from 'zod';
import { nearest } from '../../lib/config/did-you-mean.ts';
import { variables } from '../../lib/config/variables.ts';
import type { Problem } from '../../lib/problem.ts';
import { parameterProblem, StageError } from './error.ts';
import { type StageFile, stageFile } from './schema.ts';

export interface ReadStage {
  readonly file: StageFile;
  /** Parameters that there are not; the rest can be looked at without them. */
  readonly problems: readonly Problem[];
}

/** Reads and checks a stage file. Throws one `StageError` with everything that has the wrong form. */
export function readStageFile(folder: string, stage: string): ReadStage {
  const path = `${folder}/${stage}.yml`;
  const given = parseYaml(path, textOf(folder, stage));
  const result = stageFile.safeParse(given);
  if (result.success) return { file: result.data, problems: [] };
  const { issues } = result.error;
  const problems = issues.flatMap((issue) => problemsOf(path, issue, given));
  const known = stageFile.safeParse(withoutUnknown(given, issues));
  if (known.success) return { file: known.data, problems };
  throw new StageError(problems);
}

function withoutUnknown(given: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(given);
  for (const issue of issues.filter(isUnrecognized)) {
    const there = at(copy, issue.path);
    if (typeof there !== 'object' || there === null) continue;
    for (const key of issue.keys) Reflect.deleteProperty(there, key);
  }
  return copy;
}

function textOf(folder: string, stage: string): string {
  const path = `${folder}/${stage}.yml`;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    const there = stagesIn(folder);
    throw new StageError([
      {
        slug: 'stage-missing',
        message: `There is no stage ${stage}: ${path} cannot be read.`,
        expected: `one of ${there.join(', ') || 'the files in this folder, which has none'}`,
        do: `cp ${folder}/example-grafana-cloud.yml ${path}, and change what it says`,
      },
    ]);
  }
}

function stagesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yml'))
      .map((name) => name.slice(0, -'.yml'.length));
  } catch {
    return [];
  }
}

function parseYaml(path: string, text: string): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return document.toJS();
  throw new StageError([
    {
      slug: 'stage-parameter',
      message: `${path} is not YAML.`,
      found: error.message.split('\n')[0] ?? '',
      expected: 'the form of stages/example-grafana-cloud.yml',
      do: `mend ${path} at ${error.linePos === undefined ? 'its end' : `line ${error.linePos[0].line}`}`,
    },
  ]);
}

function problemsOf(file: string, issue: z.core.$ZodIssue, given: unknown) {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownParameter(file, [...issue.path, key].join('.'), key));
  }
  if (issue.code === 'invalid_key') return [unusableName(file, issue)];
  // The error of a union names what was wrong in each of its members; the one that is an object tells most.
  const inner =
    issue.code === 'invalid_union' ? issue.errors.flat().find(({ path }) => path.length > 0) : undefined;
  const unknown = issue.code === 'invalid_union' ? issue.errors.flat().find(isUnrecognized) : undefined;
  if (unknown !== undefined)
    return problemsOf(file, { ...unknown, path: [...issue.path, ...unknown.path] }, given);
  const path = [...issue.path, ...(inner?.path ?? [])];
  const found = at(given, path);
  return [
    parameterProblem(file, {
      path: path.join('.') || 'the file',
      what: found === undefined || found === null ? 'is missing' : 'cannot be used',
      found: found ?? undefined,
      expected: inner?.message ?? (path.length === 0 ? 'parameters and their values' : issue.message),
      do: 'see stages/example-grafana-cloud.yml, which explains every parameter',
    }),
  ];
}

/** A name that somebody chose, such as that of a workspace. */
const unusableName = (file: string, issue: z.core.$ZodIssueInvalidKey) =>
  parameterProblem(file, {
    path: issue.path.slice(0, -1).join('.'),
    what: 'has a name that cannot be used',
    found: String(issue.path.at(-1)),
    expected: issue.issues[0]?.message ?? 'another name',
    do: 'see stages/example-grafana-cloud.yml, which explains every parameter',
  });

const isUnrecognized = (issue: z.core.$ZodIssue): issue is z.core.$ZodIssueUnrecognizedKeys =>
  issue.code === 'unrecognized_keys';

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return at(Object.entries(value).find(([name]) => name === String(key))?.[1], rest);
}

/** Where parameters belong that are not at the top. */
const places: Readonly<Record<string, readonly string[]>> = {
  secret: ['arn', 'kmsKeyArn'],
  ledger: ['bucket', 'key', 'kmsKeyArn'],
  workspaces: ['ledgerKey'],
  amazonManagedPrometheus: ['workspaceArn', 'roleArn'],
  schedule: ['rate', 'cron', 'intervalSeconds', 'timeZone', 'flexibleMinutes'],
  network: ['subnetIds', 'securityGroupIds', 'vpcId', 'egress'],
  egress: ['to', 'port', 'protocol', 'what'],
  alarms: ['topicArn', 'email'],
  function: ['memoryMegabytes', 'timeoutSeconds', 'reserveConcurrency', 'logRetentionDays'],
};

const parameters: readonly string[] = [...Object.keys(stageFile.shape), ...Object.values(places).flat()];

function unknownParameter(file: string, path: string, key: string) {
  return parameterProblem(file, {
    path,
    expected:
      'a parameter of stages/example-grafana-cloud.yml; variables of the exporter go below environment',
    ...adviceOn(path, key),
  });
}

function adviceOn(path: string, key: string): { readonly what: string; readonly do: string } {
  const above = Object.keys(places).filter((place) => places[place]?.includes(key));
  if (above.length > 0) {
    const there = above.map((place) => `${place}.${key}`).join(' or ');
    return { what: `does not belong there: it is ${there}`, do: `write it below ${above.join(' or ')}` };
  }
  if (key in stageFile.shape) return { what: 'does not belong there', do: `write ${key} at the top` };
  const variable = variables.find(({ name }) => name === key);
  if (variable !== undefined) {
    const where = variable.secret === true ? 'into the secret' : 'below environment';
    return { what: 'is a variable of the exporter', do: `write ${key} ${where}` };
  }
  const meant = nearest(key, parameters, (candidate) => (candidate.length < 6 ? 1 : 3));
  if (meant === undefined) return { what: 'is no parameter', do: `remove ${path}` };
  return { what: `is no parameter, and ${meant} is`, do: `rename ${key} to ${meant}, or remove it` };
}
