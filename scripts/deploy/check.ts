import type { Stage } from '../../infra/stage/load.ts';
import type { Workspace } from '../../infra/stage/workspaces.ts';

/** How the two sides of a workspace are tried before anything is deployed, from this machine. */
export type Check =
  | {
      readonly workspace: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly without?: string;
    }
  | { readonly workspace: string; readonly skipped: string };

/** The variables of `check` for each workspace, or why it cannot be asked here. */
export const checksOf = (stage: Stage): readonly Check[] =>
  stage.workspaces.map((workspace) => checkOf(workspace, stage));

function checkOf(workspace: Workspace, stage: Stage): Check {
  const { name, environment, secret, prometheus } = workspace;
  if (stage.network !== undefined) {
    return { workspace: name, skipped: 'the function is in a VPC, and this machine sees another network' };
  }
  if (secret.kind === 'created') {
    return { workspace: name, skipped: 'its secret is made by the deployment and filled afterwards' };
  }
  return {
    workspace: name,
    environment: {
      ...environment,
      WORKSPACE: name,
      INTERVAL_SECONDS: String(stage.schedule.intervalSeconds),
      // The bucket is the function's: what this machine may do there says nothing.
      STORE: 'memory:',
      ...(secret.kind === 'existing' ? { SECRET_ARN: secret.arn } : {}),
    },
    // The role of the function may write to Amazon Managed Prometheus; whether the person who deploys may is no matter.
    ...(prometheus === undefined
      ? {}
      : { without: 'the receiver, which only the role of the function has to reach' }),
  };
}

/** What a check gets of this machine's environment: ways to AWS, and to the internet. */
const passedOn =
  /^(?:PATH|HOME|AWS_.+|(?:HTTPS?|NO)_PROXY|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/;

export function checkEnvironment(
  ofMachine: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string>>,
  { awsProfile, region }: { awsProfile: string | undefined; region: string },
): NodeJS.ProcessEnv {
  const kept = Object.entries(ofMachine).filter(([name]) => passedOn.test(name));
  return {
    ...Object.fromEntries(kept),
    AWS_REGION: region,
    ...(awsProfile === undefined ? {} : { AWS_PROFILE: awsProfile }),
    ...environment,
  };
}
