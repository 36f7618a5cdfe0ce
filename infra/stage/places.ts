// Where the things are that a stage names by their ARN: not every place will do.
import { arnOf } from './environment.ts';
import type { Complaint } from './error.ts';
import type { StageFile } from './schema.ts';
import type { Workspace } from './workspaces.ts';

interface Named {
  readonly path: string;
  readonly arn: string | undefined;
  /** The only region that will do; undefined: any of the partition. */
  readonly region: string | undefined;
  /** Why no other region will do. */
  readonly because?: string;
}

export function checkPlaces(
  file: StageFile,
  workspaces: readonly Workspace[],
  complain: (complaint: Complaint) => void,
): void {
  const partition = partitionOf(file.region);
  for (const { path, arn, region, because } of namedIn(file, workspaces)) {
    if (arn === undefined) continue;
    const [, found = '', , place = ''] = arn.split(':');
    if (found !== partition) complain(otherPartition(path, arn, file.region));
    else if (region !== undefined && place !== region) complain(otherRegion(path, arn, region, because));
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  const [, special] = /^(us-gov|us-iso[a-z]?|eu-isoe)-/.exec(region) ?? [];
  return (
    {
      'us-gov': 'aws-us-gov',
      'us-iso': 'aws-iso',
      'us-isob': 'aws-iso-b',
      'us-isof': 'aws-iso-f',
      'eu-isoe': 'aws-iso-e',
    }[special ?? ''] ?? 'aws'
  );
}

function namedIn(file: StageFile, workspaces: readonly Workspace[]): readonly Named[] {
  const { region, ledger, alarms, permissionsBoundaryArn } = file;
  const topicArn = alarms === false ? undefined : alarms?.topicArn;
  const several = file.workspaces !== undefined;
  return [
    {
      path: 'alarms.topicArn',
      arn: topicArn,
      region,
      because: 'alarms tell topics of their own region only',
    },
    {
      path: 'ledger.kmsKeyArn',
      arn: ledger?.kmsKeyArn,
      region,
      because: 'a bucket uses keys of its own region',
    },
    { path: 'permissionsBoundaryArn', arn: permissionsBoundaryArn, region: undefined },
    ...workspaces.flatMap((workspace) => ofWorkspace(workspace, { several, region })),
  ];
}

function ofWorkspace(
  { name, secret, prometheus, environment }: Workspace,
  { several, region }: { several: boolean; region: string },
): readonly Named[] {
  const of = several ? ` of ${name}` : '';
  const secretArn = secret.kind === 'existing' ? secret.arn : undefined;
  return [
    { path: `secret.arn${of}`, arn: secretArn, region: undefined },
    {
      path: `secret.kmsKeyArn${of}`,
      arn: secret.kind === 'none' ? undefined : secret.keyArn,
      region: secretArn?.split(':')[3] ?? region,
      because: 'a secret uses keys of its own region',
    },
    { path: `amazonManagedPrometheus.workspaceArn${of}`, arn: prometheus?.workspaceArn, region: undefined },
    { path: `amazonManagedPrometheus.roleArn${of}`, arn: prometheus?.roleArn, region: undefined },
    ...Object.entries(environment).map(([variable, value]) => ({
      path: several ? `environment of ${name}: ${variable}` : `environment.${variable}`,
      arn: arnOf(variable, value),
      region: undefined,
    })),
  ];
}

const otherPartition = (path: string, found: string, region: string): Complaint => ({
  path,
  what: `is in another partition of AWS than ${region}`,
  found,
  expected: `arn:${partitionOf(region)}:…`,
  do: `name one of arn:${partitionOf(region)}, or change region`,
});

const otherRegion = (path: string, found: string, region: string, because = ''): Complaint => ({
  path,
  what: `is in another region: ${because}`,
  found,
  expected: `one in ${region}`,
  do: `name one in ${region}`,
});
