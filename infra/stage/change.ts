// What a deployment would leave behind: a ledger or a filled secret that the running stack has, and the new stage has not.
import type { Problem } from '../../lib/problem.ts';
import type { Stage } from './load.ts';
import type { Workspace } from './workspaces.ts';

/** Outputs of a stack, by name. */
export type Outputs = Readonly<Record<string, string>>;

/** Everything that would be left behind, with what to write into the stage file to keep it. */
export function stageChanges(stage: Stage, running: Outputs): readonly Problem[] {
  const places = stage.workspaces.map((workspace) => placeOf(stage, workspace, running));
  const ledgers = Object.entries(running).flatMap(([name, place]) => {
    const [, id] = /^Ledger(\w+)$/.exec(name) ?? [];
    const isKept = !place.startsWith('s3://') || places.includes(place);
    return id === undefined || isKept ? [] : [ledgerLeft(stage, { id, place, running })];
  });
  const secrets = madeSecrets(running).flatMap(({ id, arn }) =>
    stage.workspaces.some((workspace) => keepsSecret(workspace, id, arn))
      ? []
      : [secretLeft(stage, { id, arn, running })],
  );
  return [...ledgers, ...secrets];
}

/** Names of secrets that the deployment would make, and the running stack has not. */
export const newSecrets = (stage: Stage, running: Outputs): readonly string[] =>
  stage.workspaces.flatMap(({ id, secret }) => {
    if (secret.kind !== 'created') return [];
    const isThere = madeSecrets(running).some((made) => made.id === id && isNamed(made.arn, secret.name));
    return isThere ? [] : [secret.name];
  });

interface MadeSecret {
  readonly id: string;
  readonly arn: string;
}

const madeSecrets = (running: Outputs): readonly MadeSecret[] =>
  Object.entries(running).flatMap(([name, arn]) => {
    const [, id] = /^Secret(\w+)Arn$/.exec(name) ?? [];
    return id === undefined ? [] : [{ id, arn }];
  });

/** Secrets Manager adds a hyphen and six characters. */
const isNamed = (arn: string, name: string): boolean => arn.slice(0, -7).endsWith(`:secret:${name}`);

function keepsSecret({ id: own, secret, environment }: Workspace, id: string, arn: string): boolean {
  if (Object.values(environment).includes(arn)) return true;
  if (secret.kind === 'created') return own === id && isNamed(arn, secret.name);
  return secret.kind === 'existing' && secret.arn === arn;
}

const aNewBucket = '<a new bucket>';

/** Where a workspace would have its ledger. A bucket that the stack has made before stays as it is. */
function placeOf({ ledger }: Stage, { ledgerKey }: Workspace, running: Outputs): string {
  const bucket = ledger.existingBucket ?? running.CreatedLedgerBucket ?? aNewBucket;
  return `s3://${bucket}/${ledgerKey}`;
}

const toAccept = 'Or --accept-changes, if it is not needed any more';

/** The others have their own. */
const putBack = 'put the workspace back into the stage file.';

interface LeftLedger {
  readonly id: string;
  readonly place: string;
  readonly running: Outputs;
}

function ledgerLeft(stage: Stage, { id, place, running }: LeftLedger): Problem {
  const heir = heirOf(stage, id, running);
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(place) ?? [];
  const hasBucket = bucket === (stage.ledger.existingBucket ?? running.CreatedLedgerBucket);
  const keyParameter = stage.several ? `workspaces.${heir?.name}.ledgerKey` : 'ledger.key';
  const parameters = [
    ...(hasBucket ? [] : [`ledger.bucket: ${bucket}`]),
    ...(heir?.ledgerKey === key ? [] : [`${keyParameter}: ${key}`]),
  ];
  return {
    slug: 'stage-change',
    message: `${stage.file}: no workspace has the ledger any more that the running stack keeps; counters would begin again at 0.`,
    found: `${place} in the stack, ${stage.workspaces.map((one) => placeOf(stage, one, running)).join(', ')} in the stage`,
    expected: 'the same ledger, under whatever name the workspace has',
    do: heir === undefined ? `${putBack} ${toAccept}` : `${parameters.join(', ')} keeps it. ${toAccept}`,
  };
}

function secretLeft(stage: Stage, { id, arn, running }: MadeSecret & { running: Outputs }): Problem {
  const heir = heirOf(stage, id, running);
  const parameter = stage.several ? `workspaces.${heir?.name}.secret.arn` : 'secret.arn';
  return {
    slug: 'stage-change',
    message: `${stage.file}: no workspace has the secret any more that the running stack made; ticks would go on without what is in it.`,
    found: arn,
    expected: 'the same secret, made by the stack or named by its ARN',
    do: heir === undefined ? `${putBack} ${toAccept}` : `${parameter}: ${arn} keeps it. ${toAccept}`,
  };
}

/** The workspace that goes on with what another one leaves: the same, or the only new one. */
function heirOf({ workspaces }: Stage, id: string, running: Outputs): Workspace | undefined {
  const fresh = workspaces.filter((workspace) => running[`Ledger${workspace.id}`] === undefined);
  const same = workspaces.find((workspace) => workspace.id === id);
  return same ?? (fresh.length === 1 ? fresh[0] : undefined);
}

export interface ExistingSecret {
  readonly name: string;
  readonly arn: string;
  /** Marked for deletion: it has its name until then. */
  readonly isDeleted: boolean;
}

/** A secret with the name of one that the deployment would make. CloudFormation fails at it, in the middle. */
export function secretExists(stage: Stage, { name, arn, isDeleted }: ExistingSecret): Problem {
  const owner = stage.workspaces.find(({ secret }) => secret.kind === 'created' && secret.name === name);
  const parameter = stage.several ? `workspaces.${owner?.name ?? '<workspace>'}.secret.arn` : 'secret.arn';
  const anew = `aws secretsmanager delete-secret --secret-id ${arn} --force-delete-without-recovery --region ${stage.region} deletes it for good, and an empty one is made`;
  return {
    slug: 'stage-change',
    message: `${stage.file}: the deployment would make the secret ${name}, and there is one of that name${isDeleted ? ', marked for deletion' : ''}.`,
    found: arn,
    expected: 'secret.arn with it, or no such secret',
    do: isDeleted
      ? `aws secretsmanager restore-secret --secret-id ${arn} --region ${stage.region}, and ${parameter}: ${arn} goes on with it. Or ${anew}`
      : `${parameter}: ${arn} goes on with it. Or ${anew}`,
  };
}
