import { jsonOf, type Reference, type Text } from './text.ts';
import type { Workspace } from './workspaces.ts';

export interface VariablesInput {
  readonly workspaces: readonly Workspace[];
  /** Whether the stage file has `workspaces`. */
  readonly several: boolean;
  /** Those of the whole stage. */
  readonly environment: Readonly<Record<string, string>>;
  readonly bucket: string | Reference;
  readonly intervalSeconds: number;
  readonly alarms: boolean;
  readonly region: string;
}

/** The environment of the function: one workspace in plain variables, several in WORKSPACES. */
export function functionVariables(input: VariablesInput): Readonly<Record<string, Text>> {
  const { workspaces, several, environment, intervalSeconds, alarms } = input;
  const [only] = workspaces;
  const ofWorkspaces =
    several || only === undefined
      ? {
          WORKSPACES: jsonOf(
            Object.fromEntries(workspaces.map((workspace) => [workspace.name, own(workspace, input)])),
          ),
        }
      : { WORKSPACE: [only.name], ...own(only, input) };
  return {
    ...textsOf(environment),
    ...ofWorkspaces,
    INTERVAL_SECONDS: [String(intervalSeconds)],
    // The figures of the alarms.
    EMF: [String(alarms)],
    // Stack traces with the lines of the sources.
    NODE_OPTIONS: ['--enable-source-maps'],
  };
}

/** What is different for each workspace. */
function own(workspace: Workspace, { bucket, region }: VariablesInput): Readonly<Record<string, Text>> {
  const secret = secretReference(workspace, region);
  return {
    ...textsOf(workspace.ownEnvironment),
    ...textsOf(prometheusVariables(workspace)),
    ...(secret === undefined ? {} : { SECRET_ARN: [secret] }),
    STORE: ['s3://', bucket, `/${workspace.ledgerKey}`],
  };
}

/** The ARN of a workspace's secret; undefined where it has none. */
export function secretReference({ secret, id }: Workspace, region: string): string | Reference | undefined {
  if (secret.kind === 'none') return undefined;
  if (secret.kind === 'existing') return secret.arn;
  const sample = `arn:aws-us-gov:secretsmanager:${region}:123456789012:secret:${secret.name}-AbCdEf`;
  return { Ref: `Secret${id}`, sample };
}

/** Where Amazon Managed Prometheus takes samples, from the ARN of the workspace there. */
export function prometheusVariables({ prometheus }: Workspace): Readonly<Record<string, string>> {
  if (prometheus === undefined) return {};
  const [, partition = '', , region = '', , resource = ''] = prometheus.workspaceArn.split(':');
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const id = resource.slice(resource.indexOf('/') + 1);
  return {
    REMOTE_WRITE_URL: `https://aps-workspaces.${region}.${domain}/workspaces/${id}/api/v1/remote_write`,
    REMOTE_WRITE_SIGV4: 'true',
    REMOTE_WRITE_SIGV4_REGION: region,
    ...(prometheus.roleArn === undefined ? {} : { REMOTE_WRITE_SIGV4_ROLE_ARN: prometheus.roleArn }),
  };
}

const textsOf = (values: Readonly<Record<string, string>>): Readonly<Record<string, Text>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
