import type { PrefectClient } from './client.ts';
import type { Edition } from './edition.ts';
import type { ServerInfo, WorkspaceInfo } from './resources.ts';

/** What hardly ever changes, kept for the life of the process. */
export interface WorkspaceCache {
  handle: string | undefined;
  version: { readonly text: string; readonly readAtMs: number } | undefined;
}

export const createWorkspaceCache = (): WorkspaceCache => ({ handle: undefined, version: undefined });

export interface VisibleWorkspace {
  readonly handle: string;
  readonly accountId: string;
  readonly workspaceId: string;
}

/** The key works and does not see the workspace of PREFECT_API_URL. */
export class WorkspaceNotVisibleError extends Error {
  override readonly name = 'WorkspaceNotVisibleError';
  readonly workspaceId: string;
  /** The workspaces that the key does see. */
  readonly visible: readonly VisibleWorkspace[];

  constructor(workspaceId: string, visible: readonly VisibleWorkspace[]) {
    const handles = visible.slice(0, 10).map(({ handle }) => handle);
    const seen = handles.length === 0 ? 'none' : handles.join(', ');
    super(`the key does not see workspace ${workspaceId}; it sees ${seen}`);
    this.workspaceId = workspaceId;
    this.visible = visible;
  }
}

const versionAgeMs = 3_600_000;

/** The version is asked again after an hour: servers are upgraded under a warm process. */
export async function readServer(
  edition: Edition,
  nowMs: number,
  cache: WorkspaceCache,
  client: Pick<PrefectClient, 'serverVersion'>,
): Promise<ServerInfo> {
  if (edition.kind === 'cloud') return { edition: 'cloud', version: undefined };
  const known = cache.version;
  if (known !== undefined && nowMs - known.readAtMs < versionAgeMs) {
    return { edition: 'server', version: known.text };
  }
  const text = await client.serverVersion();
  cache.version = { text, readAtMs: nowMs };
  return { edition: 'server', version: text };
}

/**
 * `configuredName` (WORKSPACE) goes first; else Cloud is asked for the handle, and a server goes by its host, with
 * the port where that is not the default one.
 */
export async function readWorkspace(
  { apiUrl, edition, configuredName }: { apiUrl: URL; edition: Edition; configuredName: string | undefined },
  cache: WorkspaceCache,
  client: Pick<PrefectClient, 'cloudWorkspaces'>,
): Promise<WorkspaceInfo> {
  const { uiUrl } = edition;
  if (edition.kind === 'server') {
    return { name: configuredName ?? apiUrl.host, uiUrl, workspaceId: '', accountId: '' };
  }
  const { workspaceId, accountId } = edition;
  const name = configuredName ?? cache.handle ?? (await readHandle(edition, client));
  if (configuredName === undefined) cache.handle = name;
  return { name, uiUrl, workspaceId, accountId };
}

async function readHandle(
  { cloudApiUrl, workspaceId }: Extract<Edition, { kind: 'cloud' }>,
  client: Pick<PrefectClient, 'cloudWorkspaces'>,
): Promise<string> {
  const workspaces = await client.cloudWorkspaces(cloudApiUrl);
  const own = workspaces.find(({ workspace_id: id }) => id.toLowerCase() === workspaceId.toLowerCase());
  if (own !== undefined) return own.workspace_handle;
  throw new WorkspaceNotVisibleError(
    workspaceId,
    workspaces.map((workspace) => ({
      handle: workspace.workspace_handle,
      accountId: workspace.account_id,
      workspaceId: workspace.workspace_id,
    })),
  );
}
