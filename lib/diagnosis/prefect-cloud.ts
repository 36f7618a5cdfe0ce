import type { PrefectAuth, PrefectConfig } from '../config/config.ts';
import type { HttpStatusError } from '../http/errors.ts';
import { editionOf } from '../prefect/edition.ts';
import type { WorkspaceNotVisibleError } from '../prefect/workspace.ts';
import type { Problem } from '../problem.ts';
import { answerOf, failed } from './prefect-failed.ts';

/** What an answer of Prefect Cloud that is an error means. */
export function cloudProblem(error: HttpStatusError, auth: PrefectAuth): Problem {
  switch (error.status) {
    case 401:
      return keyRefused(error, auth);
    case 403:
      return roleTooSmall(error);
    case 404:
    case 405:
      return workspaceNotThere(error);
    default:
      return failed(error);
  }
}

function keyRefused(error: HttpStatusError, auth: PrefectAuth): Problem {
  if (auth.kind !== 'key') {
    return {
      slug: 'prefect-auth-kind',
      message: 'Prefect Cloud wants an API key.',
      found: auth.kind === 'none' ? 'no PREFECT_API_KEY' : 'PREFECT_API_AUTH_STRING',
      do: 'PREFECT_API_KEY=pnu_…',
    };
  }
  return {
    slug: 'prefect-key-refused',
    message: `Prefect Cloud does not accept PREFECT_API_KEY (${error.status}).`,
    found: auth.key.toString(),
    do: 'keys expire: make a new one under Service Accounts',
  };
}

/** As many workspaces are named as fit on a line. */
const maxNamed = 5;

export function workspaceNotVisible(
  { workspaceId, visible }: WorkspaceNotVisibleError,
  target: Pick<PrefectConfig, 'apiUrl'>,
): Problem {
  const named = visible.slice(0, maxNamed).map((one) => `${one.handle} (${one.workspaceId})`);
  const more = visible.length > maxNamed ? ` and ${visible.length - maxNamed} more` : '';
  const [first] = visible;
  const role = 'give the service account a role in the workspace';
  const edition = editionOf(target.apiUrl);
  const base = edition.kind === 'cloud' ? edition.cloudApiUrl.href.replace(/\/$/, '') : target.apiUrl.href;
  return {
    slug: 'prefect-workspace-not-allowed',
    message: `The key is valid but cannot see workspace ${workspaceId}.`,
    found: first === undefined ? 'it can see no workspace' : `it can see: ${named.join(', ')}${more}`,
    do:
      first === undefined
        ? role
        : `PREFECT_API_URL=${base}/accounts/${first.accountId}/workspaces/${first.workspaceId}, or ${role}`,
  };
}

const workspaceNotThere = (error: HttpStatusError): Problem => ({
  slug: 'prefect-workspace-not-allowed',
  message: `Prefect Cloud has no such workspace for this key (${error.status}).`,
  found: answerOf(error),
  do: 'compare both ids in PREFECT_API_URL with those in the address of the web page',
});

const roleTooSmall = (error: HttpStatusError): Problem => ({
  slug: 'prefect-role-too-small',
  message: `The key may not read ${error.endpoint} (403).`,
  found: answerOf(error),
  do: 'give the service account a larger role in the workspace; the smallest built-in one that may read everything is Viewer',
});
