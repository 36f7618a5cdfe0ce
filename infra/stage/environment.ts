import { createReader } from '../../lib/config/reader.ts';
import { checkNames } from '../../lib/config/unknown-variables.ts';
import { variables } from '../../lib/config/variables.ts';
import type { Problem } from '../../lib/problem.ts';
import type { Complaint } from './error.ts';
import type { Workspace } from './workspaces.ts';

/** Variables that the stage sets itself, and the parameter they come from. */
const derived: Readonly<Record<string, string>> = {
  WORKSPACE: 'workspace, or the names below workspaces',
  WORKSPACES: 'workspaces',
  SECRET_ARN: 'secret',
  STORE: 'ledger',
  INTERVAL_SECONDS: 'schedule',
  EMF: 'alarms',
  NODE_OPTIONS: 'serverless.yml',
  REMOTE_WRITE_SIGV4: 'amazonManagedPrometheus',
  REMOTE_WRITE_SIGV4_REGION: 'amazonManagedPrometheus',
  REMOTE_WRITE_SIGV4_SERVICE: 'amazonManagedPrometheus',
  REMOTE_WRITE_SIGV4_ROLE_ARN: 'amazonManagedPrometheus',
};

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const reserved = /^(?:_|LAMBDA_|AWS_(?!ENDPOINT_URL|CA_BUNDLE|USE_))/;

export const arnOf = (value: string, service: 'secretsmanager' | 'ssm'): string | undefined =>
  new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:(?:secret:|parameter/)\\S+$`).test(value)
    ? value
    : undefined;

/** What is wrong with the variables of a workspace, as far as it can be known without its secret. */
export function checkEnvironment(
  { name, environment, prometheus }: Workspace,
  {
    several,
    complain,
    report,
  }: { several: boolean; complain: (complaint: Complaint) => void; report: (problem: Problem) => void },
): void {
  const where = several ? `environment of ${name}: ` : 'environment.';
  for (const [variable, value] of Object.entries(environment)) {
    const complaint = complaintOf(variable, value);
    if (complaint !== undefined) complain({ ...complaint, path: `${where}${variable}` });
  }
  const sinks = ['REMOTE_WRITE_URL', 'PUSHGATEWAY_URL'].filter(
    (variable) => (environment[variable] ?? '') !== '',
  );
  if (prometheus !== undefined && sinks.length > 0) complain(twoReceivers(`${where}${sinks[0]}`));
  checkValues(environment, report);
}

function complaintOf(variable: string, value: string): Omit<Complaint, 'path'> | undefined {
  if (Object.hasOwn(derived, variable)) {
    return {
      what: 'is not set here',
      expected: `the parameter it is made from: ${derived[variable]}`,
      do: `remove ${variable}`,
    };
  }
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(variable) || reserved.test(variable)) {
    return {
      what: 'has a name that Lambda does not take',
      expected: 'a name of docs/CONFIGURATION.md',
      do: `remove ${variable}`,
    };
  }
  if (value.includes('${')) {
    return {
      what: 'holds ${, which serverless.yml would replace',
      expected: 'a value without it',
      do: 'put it into the secret',
    };
  }
  return isSecret(variable) &&
    arnOf(value, 'secretsmanager') === undefined &&
    arnOf(value, 'ssm') === undefined
    ? {
        what: 'is a secret, and everybody who may see the function would read it here',
        expected: 'nothing: it goes into the secret, or the ARN of a secret or of an SSM parameter',
        do: `take ${variable} out of this file, and put it into the secret`,
      }
    : undefined;
}

const isSecret = (name: string): boolean =>
  variables.some((variable) => variable.secret === true && variable.name === name);

const twoReceivers = (path: string): Complaint => ({
  path,
  what: 'is set, and amazonManagedPrometheus is too',
  expected: 'one receiver',
  do: 'remove one of them',
});

/** The values themselves, by the rules of lib/config. Those of secrets are not here. */
function checkValues(
  environment: Readonly<Record<string, string>>,
  report: (problem: Problem) => void,
): void {
  const known = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !Object.hasOwn(derived, name) && !isSecret(name)),
  );
  const reader = createReader(known, () => '');
  for (const variable of variables) {
    if (variable.secret === true || known[variable.name] === undefined) continue;
    if (variable.default === undefined) reader.get(variable);
    else reader.get(variable);
  }
  checkNames(known, reader);
  for (const problem of reader.problems) report(problem);
}
