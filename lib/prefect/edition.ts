/** What the address says about the workspace behind it. */
export type Edition =
  | {
      readonly kind: 'cloud';
      readonly accountId: string;
      readonly workspaceId: string;
      /** The API above the workspace, such as `https://api.prefect.cloud/api`. */
      readonly cloudApiUrl: URL;
      readonly uiUrl: string;
    }
  | { readonly kind: 'server'; readonly uiUrl: string };

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const cloudPath = new RegExp(`^(.*)/accounts/(${uuid})/workspaces/(${uuid})/?$`, 'i');

/**
 * Cloud is told by its path, `/api/accounts/<id>/workspaces/<id>`, so that private and staging hosts count too;
 * every other address is a server of one's own.
 */
export function editionOf(apiUrl: URL): Edition {
  const [, base, accountId, workspaceId] = cloudPath.exec(apiUrl.pathname) ?? [];
  if (base === undefined || accountId === undefined || workspaceId === undefined) {
    return { kind: 'server', uiUrl: withoutApi(`${apiUrl.origin}${apiUrl.pathname}`) };
  }
  const cloudUi = withoutApi(`${apiUrl.origin}${base}`).replace('://api.', '://app.');
  return {
    kind: 'cloud',
    accountId,
    workspaceId,
    cloudApiUrl: new URL(`${apiUrl.origin}${base}`),
    uiUrl: `${cloudUi}/account/${accountId}/workspace/${workspaceId}`,
  };
}

/** As Prefect's own client derives the address of the web page from that of the API. */
const withoutApi = (address: string): string => address.replace(/\/+$/, '').replace(/\/api$/, '');
