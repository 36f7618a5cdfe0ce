// Each variable of a stage file by itself: whether it may stand there at all. What variables say together is checked in
// configuration.ts.
import { createReader } from '../../lib/config/reader.ts';
import { isArn } from '../../lib/config/secret-arn.ts';
import { checkNames, nearestVariable } from '../../lib/config/unknown-variables.ts';
import { variableNames, variables } from '../../lib/config/variables.ts';
import type { Problem } from '../../lib/problem.ts';
import type { Complaint } from './error.ts';
import { parameterArn, secretArn } from './patterns.ts';
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

/** Variables of Node and of the AWS SDK, which are not ours and have an effect all the same. */
const ofTheRuntime = /^(?:AWS_|NODE_|SSL_CERT_|TZ$)/;

const forms = { secretsmanager: secretArn, ssm: parameterArn };

/** The ARN of a secret or of a parameter that stands for the value of a variable; undefined where it is none. */
export function arnOf(
  variable: string,
  value: string,
  services: readonly (keyof typeof forms)[] = ['secretsmanager', 'ssm'],
): string | undefined {
  if (!isSecret(variable)) return undefined;
  return services.some((service) => forms[service].safeParse(value).success) ? value : undefined;
}

const isSecret = (name: string): boolean =>
  variables.some((variable) => variable.secret === true && variable.name === name);

interface Reporting {
  /** Whether events name the workspace. */
  readonly several: boolean;
  complain(complaint: Complaint): void;
  report(problem: Problem): void;
}

/** Complains of variables that cannot stand in a stage file. Returns the workspace without them. */
export function withUsableVariables(workspace: Workspace, reporting: Reporting): Workspace {
  const { several, complain, report } = reporting;
  const refused = new Set<string>();
  for (const [variable, value] of Object.entries(workspace.environment)) {
    const complaint = complaintOf(variable, value) ?? beside(workspace, variable);
    const unknown = complaint === undefined ? unknownProblems(variable) : [];
    const path = several ? `environment of ${workspace.name}: ${variable}` : `environment.${variable}`;
    if (complaint !== undefined) complain({ ...complaint, path });
    for (const problem of unknown) report(problem);
    if (complaint !== undefined || unknown.length > 0) refused.add(variable);
  }
  const usable = (values: Workspace['environment']) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !refused.has(name)));
  return {
    ...workspace,
    environment: usable(workspace.environment),
    ownEnvironment: usable(workspace.ownEnvironment),
  };
}

type VariableComplaint = Omit<Complaint, 'path'>;

function complaintOf(variable: string, value: string): VariableComplaint | undefined {
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
  return isSecret(variable) ? plainSecret(variable, value) : secretInAddress(variable, value);
}

function plainSecret(variable: string, value: string): VariableComplaint | undefined {
  if (arnOf(variable, value) !== undefined) return undefined;
  if (isArn(value)) {
    return {
      what: 'is not the whole ARN of a secret, nor that of a parameter: permissions are for exactly it',
      found: value,
      expected:
        'arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>, or arn:aws:ssm:<region>:<account>:parameter/<name>',
      do: 'aws secretsmanager describe-secret --secret-id <name> prints the ARN',
    };
  }
  return {
    what: 'is a secret, and everybody who may see the function would read it here',
    expected: 'nothing: it goes into the secret, or the ARN of a secret or of an SSM parameter',
    do: `take ${variable} out of this file, and put it into the secret`,
  };
}

/** Parameters of addresses that are passwords by another name. */
const telling =
  /^(?:.*[_-])?(?:api-?key|key|token|secret|passw(?:or)?d|pwd|pass|auth|sig|signature|credentials?|jwt|sas)$/i;

/** Nothing of the value is shown. */
function secretInAddress(variable: string, value: string): VariableComplaint | undefined {
  const isAddress = variables.some(({ name, address }) => address && name === variable.toUpperCase());
  if (!isAddress && !/^https?:\/\//i.test(value)) return undefined;
  const expected = 'an address without a password; the whole variable may stand in the secret instead';
  const advice = `take ${variable} out of this file, and put it into the secret`;
  if (/^[^?#]*@/.test(value)) {
    return {
      what: 'holds a user name or a password, which everybody who may see the function would read here',
      expected,
      do: advice,
    };
  }
  const [, query = ''] = /^[^?#]*\?([^#]*)/.exec(value) ?? [];
  const name = [...new URLSearchParams(query).keys()].find((key) => telling.test(key));
  if (name === undefined) return undefined;
  return {
    what: `holds what looks like a password, ${name}=…, which everybody who may see the function would read here`,
    expected,
    do: advice,
  };
}

/** Amazon Managed Prometheus is the receiver where it is named. */
function beside({ prometheus }: Workspace, variable: string): VariableComplaint | undefined {
  if (prometheus === undefined || !/^(?:REMOTE_WRITE|PUSHGATEWAY)_URL$/.test(variable)) return undefined;
  return {
    what: 'is set, and amazonManagedPrometheus is too',
    expected: 'one receiver',
    do: 'remove one of them',
  };
}

/** In a stage file every name is meant for us: one that has no effect is a mistake. */
function unknownProblems(variable: string): readonly Problem[] {
  const lowerCaseToo = variables.some(
    ({ name, lowerCaseToo }) => lowerCaseToo && name.toLowerCase() === variable,
  );
  if (variableNames.includes(variable) || lowerCaseToo || ofTheRuntime.test(variable)) return [];
  const reader = createReader({}, () => '');
  checkNames({ [variable]: 'set' }, reader);
  if (reader.problems.length > 0) return reader.problems;
  const meant = nearestVariable(variable);
  return [
    {
      slug: 'unknown-variable',
      message:
        meant === undefined
          ? `${variable}: there is no such variable.`
          : `${variable}: did you mean ${meant}?`,
      expected: 'a name of docs/CONFIGURATION.md',
      do: meant === undefined ? `remove ${variable}` : `rename ${variable} to ${meant}, or remove it`,
    },
  ];
}
