// The deployed service with everything around it, on this machine.
import type { LocalServer, ReceivedRequest, Reply } from '../../../doubles/server.ts';
import { type AskAws, createAskAws } from '../aws/ask.ts';
import { type DeployedFunction, deployedFunction } from '../aws/deployed-function.ts';
import type { StackResources } from '../aws/stack.ts';
import { startForwarder } from '../forwarder.ts';
import { prepareService, type Service } from './deployment.ts';
import { type LocalAws, startLocalAws } from './ministack.ts';
import { type PrefectServer, startPrefect } from './prefect.ts';
import { type PrometheusServer, startPrometheus } from './prometheus.ts';
import type { RequiredServer } from './require-server.ts';

export interface DeployedScene {
  readonly local: LocalAws;
  readonly aws: AskAws;
  readonly prefect: PrefectServer;
  /** What the function asks: it wants basic authentication and passes on. */
  readonly guard: LocalServer;
  readonly prometheus: PrometheusServer;
  /** What the function writes to, and what arrived there; it passes on. */
  readonly receiver: LocalServer;
  readonly service: Service;
  readonly resources: StackResources;
  readonly lambda: DeployedFunction;
  /** From now on Prefect takes this password only. */
  setPassword(password: string): void;
  /** What the secret holds from now on. */
  putSecret(values: Readonly<Record<string, string>>): Promise<void>;
  /** The schedule goes on as it is, or stands still. */
  setSchedule(state: 'ENABLED' | 'DISABLED'): Promise<void>;
  /** The role of the function may not read the secret any more, whatever the stack says. */
  denySecret(): Promise<void>;
  allowSecret(): Promise<void>;
  deleteLedger(): Promise<void>;
  /** Messages of the failure queue; they are gone afterwards for a while. */
  failures(): Promise<string>;
  stop(): Promise<void>;
}

export interface RequiredServers {
  readonly ministack: RequiredServer;
  readonly prefect: RequiredServer;
  readonly prometheus: RequiredServer;
}

export const userName = 'exporter';

/** Deployed as test/infra/stages/minimal.yml, but for the addresses of this machine. */
export const deployedStage = 'minimal';

/** The smallest stage there is. */
export async function startDeployedScene(required: RequiredServers): Promise<DeployedScene> {
  const [local, prefect, prometheus] = await Promise.all([
    startLocalAws(required.ministack),
    startPrefect(required.prefect),
    startPrometheus(required.prometheus),
  ]);
  let password = '';
  const guard = await startForwarder({
    target: () => new URL(prefect.apiUrl),
    instead: (request) => (isAuthorized(request, `${userName}:${password}`) ? undefined : unauthorized),
  });
  const receiver = await startForwarder({ target: () => new URL(prometheus.url) });
  const service = await prepareService(deployedStage, {
    region: local.region,
    workspace: 'production',
    environment: {
      PREFECT_API_URL: `${guard.url.href}api`,
      REMOTE_WRITE_URL: `${receiver.url.href}api/v1/write`,
    },
  });
  const aws = createAskAws(local.proxy.url, local.region, local.credentials.accessKeyId);
  const resources = await service.deploy(local, aws);
  return {
    ...{ local, aws, prefect, guard, prometheus, receiver, service, resources },
    lambda: deployedFunction(aws, service.functionName),
    setPassword: (changed) => {
      password = changed;
    },
    ...actionsOn(aws, resources),
    stop: async () => {
      await Promise.all([local, prefect, prometheus, guard, receiver].map((server) => server.stop()));
    },
  };
}

type Actions = Pick<
  DeployedScene,
  'putSecret' | 'setSchedule' | 'denySecret' | 'allowSecret' | 'deleteLedger' | 'failures'
>;

/** What a person with all rights does to a deployment. */
function actionsOn(aws: AskAws, resources: StackResources): Actions {
  const { SecretProduction: SecretId = '', FunctionRole: RoleName = '' } = resources;
  const policy = { RoleName, PolicyName: 'no-secret' };
  return {
    putSecret: async (values) => {
      const SecretString = JSON.stringify(values);
      await aws.json('secretsmanager', 'secretsmanager.PutSecretValue', { SecretId, SecretString });
    },
    setSchedule: async (State) => {
      const path = `/schedules/${resources.ScheduleProduction}?groupName=${resources.GroupOfSchedules}`;
      const schedule = JSON.parse(await aws.accepted({ service: 'scheduler', method: 'GET', path }));
      const body = JSON.stringify({ ...schedule, State });
      await aws.accepted({ service: 'scheduler', method: 'PUT', path, body });
    },
    denySecret: async () => {
      const Statement = [{ Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Resource: SecretId }];
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await aws.form('iam', 'PutRolePolicy', { ...policy, PolicyDocument });
    },
    allowSecret: async () => {
      await aws.form('iam', 'DeleteRolePolicy', policy);
    },
    deleteLedger: async () => {
      const path = `/${resources.LedgerBucket}/production/ledger.json.gz`;
      await aws.accepted({ service: 's3', method: 'DELETE', path });
    },
    failures: async () => {
      const QueueUrl = resources.FailureQueue;
      return JSON.stringify(await aws.json('sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl }));
    },
  };
}

function isAuthorized({ headers }: ReceivedRequest, userColonPassword: string): boolean {
  return headers.authorization === `Basic ${Buffer.from(userColonPassword).toString('base64')}`;
}

/** As a Prefect server answers. */
const unauthorized: Reply = {
  status: 401,
  headers: { 'content-type': 'application/json', 'www-authenticate': 'Basic' },
  body: '{"exception_message":"Unauthorized"}',
};
