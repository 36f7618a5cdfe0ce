import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import * as z from 'zod';
import { type Known, resolve } from './resolve.ts';
import type { Template } from './template.ts';

/** One call of AWS. Lists of them may be written by hand, or recorded while something ran. */
export const awsCall = z.object({
  /** As in IAM: `s3`, `secretsmanager`, `aps`. */
  service: z.string(),
  action: z.string(),
  /** The ARN that the service checks, or `*`. */
  resource: z.string(),
  /** Condition keys of the request. */
  context: z.record(z.string(), z.string()).optional(),
});
export type AwsCall = z.infer<typeof awsCall>;

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat());

const statement = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Statement = z.infer<typeof statement>;

const roleProperties = z.object({
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.tuple([z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) })]),
});

export interface Role {
  readonly statements: readonly Statement[];
  readonly trust: unknown;
}

/** A role of a template. Throws when more than one inline policy is attached to it, or anything else. */
export function roleOf(template: Template, logicalId: string, known: Known): Role {
  const properties = resolve(template.Resources[logicalId]?.Properties, known);
  const { AssumeRolePolicyDocument, Policies } = roleProperties.parse(properties);
  return { statements: Policies[0].PolicyDocument.Statement, trust: AssumeRolePolicyDocument };
}

/** Whether statements allow a call, on the side of the caller. Throws for calls that IAM does not know. */
export async function allows(statements: readonly Statement[], call: AwsCall): Promise<boolean> {
  const request = { ...call, action: `${call.service}:${call.action}` };
  // Refuses actions and resources that do not exist: they would be denied for that alone.
  await allowed(simulationOf(request, inline(statements)));
  // It also asks the policies of keys and roles, which are someone else's, and leaves out condition keys that are not
  // in the lists of AWS for the action, as two of ours: `kms:EncryptionContext:<key>`, whose name is not fixed, and
  // `lambda:SourceFunctionArn`. Under names of no service, statements are compared with the request and nothing more.
  const renamed = statements.map((one) => ({ ...one, Action: one.Action.map(nameOfNoService) }));
  const simulation = simulationOf({ ...request, action: nameOfNoService(request.action) }, inline(renamed));
  return runUnsafeSimulation(simulation, {}) === 'Allowed';
}

const nameOfNoService = (action: string): string => `caller-${action}`;

const inline = (statements: readonly Statement[]) => ({
  identityPolicies: [{ name: 'inline', policy: { Version: '2012-10-17', Statement: statements } }],
});

/** Whether a trust policy lets a service take the role. */
export const trusts = (
  trust: unknown,
  service: string,
  context: Readonly<Record<string, string>>,
): Promise<boolean> =>
  allowed(
    simulationOf(
      { principal: service, action: 'sts:AssumeRole', resource: role, context },
      { identityPolicies: [], resourcePolicy: trust },
    ),
  );

const accountId = '123456789012';
const role = `arn:aws:iam::${accountId}:role/role`;

interface Request {
  readonly principal?: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>> | undefined;
}

function simulationOf(
  { principal = role, action, resource, context }: Request,
  policies: Pick<Simulation, 'identityPolicies' | 'resourcePolicy'>,
): Simulation {
  return {
    // Every resource as if it were of this account: what another one says is not asked.
    request: { principal, action, resource: { resource, accountId }, contextVariables: { ...context } },
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...policies,
  };
}

async function allowed(simulation: Simulation): Promise<boolean> {
  const checked = await runSimulation(simulation, {});
  if (checked.resultType !== 'error') return checked.overallResult === 'Allowed';
  throw new Error(`${JSON.stringify(simulation.request)}: ${JSON.stringify(checked.errors)}`);
}
