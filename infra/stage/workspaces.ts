import type { Complaint } from './error.ts';
import type { StageFile, WorkspaceParameters } from './schema.ts';

/** One Prefect workspace, with what the whole stage says for all of them. */
export interface Workspace {
  /** Label `workspace`, and its name in events. */
  readonly name: string;
  /** For logical ids: `DataTeam` of `data-team`. */
  readonly id: string;
  /** Of the stage and its own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly ownEnvironment: Readonly<Record<string, string>>;
  readonly secret: WorkspaceSecret;
  readonly prometheus: StageFile['amazonManagedPrometheus'];
  readonly ledgerKey: string;
}

export type WorkspaceSecret =
  | { readonly kind: 'created'; readonly name: string; readonly keyArn: string | undefined }
  | { readonly kind: 'existing'; readonly arn: string; readonly keyArn: string | undefined }
  | { readonly kind: 'none' };

export function workspacesOf(
  file: StageFile,
  { secretPrefix, complain }: { secretPrefix: string; complain: (complaint: Complaint) => void },
): readonly Workspace[] {
  if ((file.workspace === undefined) === (file.workspaces === undefined)) complain(oneOrSeveral(file));
  const named: Readonly<Record<string, WorkspaceParameters | null>> = file.workspaces ?? {
    [file.workspace ?? 'unnamed']: { ledgerKey: file.ledger?.key },
  };
  if (file.workspaces !== undefined && file.ledger?.key !== undefined)
    complain(oneKeyForSeveral(file.ledger.key, Object.keys(file.workspaces)));
  const all = Object.entries(named).map(([name, own]) => workspaceOf(name, own ?? {}, file, secretPrefix));
  complainOfTwins(all, complain);
  return all;
}

function workspaceOf(
  name: string,
  own: WorkspaceParameters,
  file: StageFile,
  secretPrefix: string,
): Workspace {
  return {
    name,
    id: name
      .split(/[^A-Za-z0-9]+/)
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
      .join(''),
    environment: { ...texts(file.environment), ...texts(own.environment) },
    ownEnvironment: texts(own.environment),
    secret: secretOf(own.secret ?? file.secret, `${secretPrefix}/${name}`),
    prometheus: own.amazonManagedPrometheus ?? file.amazonManagedPrometheus,
    ledgerKey: own.ledgerKey ?? `${name}/ledger.json.gz`,
  };
}

function secretOf(given: StageFile['secret'], name: string): WorkspaceSecret {
  if (given === false) return { kind: 'none' };
  const keyArn = given?.kmsKeyArn;
  return given?.arn === undefined
    ? { kind: 'created', name, keyArn }
    : { kind: 'existing', arn: given.arn, keyArn };
}

export const texts = (values: StageFile['environment']): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]));

const oneOrSeveral = ({ workspace }: StageFile): Complaint => ({
  path: 'workspace',
  what: workspace === undefined ? 'is missing, and workspaces is too' : 'is set, and workspaces is too',
  expected: 'workspace with one name, or workspaces with several names and what is different for each',
  do: workspace === undefined ? 'workspace: production' : 'remove one of them',
});

const oneKeyForSeveral = (found: string, [first = 'production']: readonly string[]): Complaint => ({
  path: 'ledger.key',
  what: 'is one key for several workspaces, and each has a ledger of its own',
  found,
  expected: 'ledgerKey below the workspace whose ledger it is; the others have <name>/ledger.json.gz',
  do: `workspaces.${first}.ledgerKey: ${found}, if it is the ledger of ${first}; without it that workspace would begin a new one. Then remove ledger.key`,
});

/** Its ledger would have the output LedgerBucketName, which is the bucket's. */
const takenId = 'bucketname';

function complainOfTwins(all: readonly Workspace[], complain: (complaint: Complaint) => void): void {
  for (const [index, one] of all.entries()) {
    if (one.id.toLowerCase() === takenId) complain(taken(one));
    for (const other of all.slice(0, index)) {
      if (other.id.toLowerCase() === one.id.toLowerCase()) complain(sameId(one, other));
      if (other.ledgerKey === one.ledgerKey) complain(sameLedger(one, other));
    }
  }
}

const taken = ({ name }: Workspace): Complaint => ({
  path: 'workspace',
  what: 'has a name that something else of the stack has already',
  found: name,
  expected: 'another name',
  do: `use another name, such as ${name}-1`,
});

const sameId = (one: Workspace, other: Workspace): Complaint => ({
  path: `workspaces.${one.name}`,
  what: `is too much like workspaces.${other.name}: resources are named by letters and digits only`,
  found: `${one.name}, ${other.name}`,
  expected: 'names that differ in a letter or a digit',
  do: 'rename one of them',
});

const sameLedger = (one: Workspace, other: Workspace): Complaint => ({
  path: `workspaces.${one.name}.ledgerKey`,
  what: `is that of workspaces.${other.name}: one document holds one workspace`,
  found: one.ledgerKey,
  expected: 'a key of its own',
  do: `ledgerKey: ${one.name}/ledger.json.gz`,
});
