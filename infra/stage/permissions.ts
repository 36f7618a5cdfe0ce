import { arnOf } from './environment.ts';
import type { Reference } from './text.ts';
import { secretReference } from './variables.ts';
import type { Workspace } from './workspaces.ts';

type Arn = string | { readonly Ref: string } | { readonly 'Fn::Sub': string };

/** What the function role is for, as lists for infra/iam.yml. An empty list: the statement is left out. */
export interface Permissions {
  readonly secretArns: readonly Arn[];
  readonly secretKeyArns: readonly string[];
  /** Secrets that are under one of these keys, and the names of the service in their regions. */
  readonly secretsUnderKeys: readonly Arn[];
  readonly secretKeyServices: readonly { readonly 'Fn::Sub': string }[];
  readonly parameterArns: readonly string[];
  readonly ledgerArns: readonly Arn[];
  readonly prometheusArns: readonly string[];
  readonly writerRoleArns: readonly string[];
}

export function permissionsOf(
  workspaces: readonly Workspace[],
  { bucket, region }: { bucket: string | Reference; region: string },
): Permissions {
  const reference = (workspace: Workspace) => arnInTemplate(secretReference(workspace, region));
  const valuesFrom = (service: 'secretsmanager' | 'ssm') =>
    workspaces.flatMap(({ environment }) =>
      Object.entries(environment).flatMap(([name, value]) => arnOf(name, value, [service]) ?? []),
    );
  const withKey = workspaces.filter(({ secret }) => secret.kind !== 'none' && secret.keyArn !== undefined);
  const prometheus = workspaces.flatMap((workspace) => workspace.prometheus ?? []);
  return {
    secretArns: distinct([...workspaces.flatMap(reference), ...valuesFrom('secretsmanager')]),
    secretKeyArns: distinct(
      withKey.flatMap(({ secret }) => (secret.kind === 'none' ? [] : (secret.keyArn ?? []))),
    ),
    secretsUnderKeys: distinct(withKey.flatMap(reference)),
    secretKeyServices: distinct(
      withKey.map((workspace) => ({
        'Fn::Sub': `secretsmanager.${secretRegion(workspace, region)}.\${AWS::URLSuffix}`,
      })),
    ),
    parameterArns: distinct(valuesFrom('ssm')),
    ledgerArns: workspaces.map(({ ledgerKey }) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:s3:::${typeof bucket === 'string' ? bucket : `\${${bucket.Ref}}`}/${ledgerKey}`,
    })),
    prometheusArns: distinct(
      prometheus.filter(({ roleArn }) => roleArn === undefined).map(({ workspaceArn }) => workspaceArn),
    ),
    writerRoleArns: distinct(prometheus.flatMap(({ roleArn }) => roleArn ?? [])),
  };
}

const arnInTemplate = (arn: string | Reference | undefined): readonly Arn[] => {
  if (arn === undefined) return [];
  return [typeof arn === 'string' ? arn : { Ref: arn.Ref }];
};

const secretRegion = ({ secret }: Workspace, region: string): string =>
  secret.kind === 'existing' ? (secret.arn.split(':')[3] ?? region) : region;

function distinct<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
