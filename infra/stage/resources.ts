import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Facts, mappingOf, readFragment } from './fragments.ts';
import type { Stage } from './load.ts';
import type { Workspace } from './workspaces.ts';

const folder = fileURLToPath(new URL('../', import.meta.url));

/** A part of a CloudFormation template. */
export interface Resources {
  readonly Resources: Readonly<Record<string, unknown>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

/** What infra/*.yml make of a stage, for `resources` of serverless.yml. */
export function resourcesOf(stage: Omit<Stage, 'values'>): Resources {
  const facts = factsOf(stage);
  const fragments = readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => readFragment(`${folder}${name}`, facts));
  return {
    Resources: mappingOf(fragments.flatMap(({ Resources }) => Object.entries(Object(Resources)))),
    Outputs: mappingOf(fragments.flatMap(({ Outputs }) => Object.entries(Object(Outputs)))),
  };
}

function factsOf({ permissions, network, alarms, workspaces, ...stage }: Omit<Stage, 'values'>): Facts {
  const item = (workspace: Workspace) => itemOf(workspace, stage.several);
  return {
    conditions: {
      AlarmActions: alarms.topicArn !== undefined || alarms.email !== undefined,
      Alarms: alarms.wanted,
      CreatedBucket: stage.ledger.existingBucket === undefined,
      CreatedSecurityGroup: network?.created !== undefined,
      CreatedTopic: alarms.email !== undefined,
      CustomerKeys: permissions.secretKeyArns.length > 0,
      FlexibleWindow: stage.schedule.flexibleMinutes !== undefined,
      LedgerKey: stage.ledger.keyArn !== undefined,
      Parameters: permissions.parameterArns.length > 0,
      PermissionsBoundary: stage.permissionsBoundaryArn !== undefined,
      RemoteWrite: permissions.prometheusArns.length > 0,
      Secrets: permissions.secretArns.length > 0,
      Vpc: network !== undefined,
      WriterRole: permissions.writerRoleArns.length > 0,
    },
    collections: {
      Workspaces: workspaces.map(item),
      CreatedSecrets: workspaces.filter(({ secret }) => secret.kind === 'created').map(item),
    },
  };
}

function itemOf({ name, id, secret, ledgerKey }: Workspace, several: boolean) {
  const keyArn = secret.kind === 'none' ? undefined : secret.keyArn;
  return {
    texts: {
      name,
      id,
      input: JSON.stringify({ ...contextAttributes, ...(several ? { workspace: name } : {}) }),
      secretName: secret.kind === 'created' ? secret.name : '',
      secretKeyArn: keyArn ?? '',
      ledgerKey,
    },
    conditions: { customerKey: keyArn !== undefined },
  };
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
const contextAttributes = {
  scheduledTime: '<aws.scheduler.scheduled-time>',
  executionId: '<aws.scheduler.execution-id>',
  attempt: '<aws.scheduler.attempt-number>',
};
