import { ReadDeadlineError } from '../collectors/collect.ts';
import type { PrefectAuth, PrefectConfig } from '../config/config.ts';
import { HttpStatusError, NoAnswerError, RedirectError, UnexpectedBodyError } from '../http/errors.ts';
import { editionOf } from '../prefect/edition.ts';
import { WorkspaceNotVisibleError } from '../prefect/workspace.ts';
import type { Problem } from '../problem.ts';
import { findCause } from './cause.ts';

type Target = Pick<PrefectConfig, 'apiUrl' | 'auth'>;

/** What to tell a user about a request to Prefect that failed; undefined for an error of another kind. */
export function diagnosePrefect(error: unknown, target: Target): Problem | undefined {
  const notVisible = findCause(error, WorkspaceNotVisibleError);
  if (notVisible !== undefined) return workspaceNotVisible(notVisible);
  const status = findCause(error, HttpStatusError);
  if (status !== undefined) return statusProblem(status, target);
  const redirect = findCause(error, RedirectError);
  if (redirect !== undefined) return redirected(redirect);
  const unexpected = findCause(error, UnexpectedBodyError);
  if (unexpected !== undefined) return notJson(unexpected);
  const noAnswer = findCause(error, NoAnswerError);
  const late = noAnswer?.reason === 'timeout' || noAnswer?.reason === 'deadline';
  if (late || findCause(error, ReadDeadlineError) !== undefined) return tooLate(target);
  return noAnswer === undefined ? undefined : unreachable(noAnswer, target);
}

function statusProblem(error: HttpStatusError, target: Target): Problem {
  const isCloud = editionOf(target.apiUrl).kind === 'cloud';
  switch (error.status) {
    case 401:
      return isCloud ? keyRefused(target.auth) : otherAuthentication(target.auth);
    case 403:
      return isCloud ? workspaceNotAllowed(error) : forbidden(error);
    case 404:
    case 405:
      return wrongPath(error, target);
    default:
      return {
        slug: 'prefect-failed',
        message: `Prefect answers ${error.status} to ${error.method} ${error.endpoint}.`,
        found: error.bodyExcerpt.trim(),
        do:
          error.status === 429
            ? 'fewer ticks, or fewer collectors (COLLECTORS)'
            : 'look at the log of the Prefect server',
      };
  }
}

function keyRefused(auth: PrefectAuth): Problem {
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
    message: 'Prefect Cloud does not accept PREFECT_API_KEY (401).',
    found: auth.key.toString(),
    do: 'keys expire: make a new one, best for a service account',
  };
}

function otherAuthentication(auth: PrefectAuth): Problem {
  const slug = 'prefect-auth-kind';
  switch (auth.kind) {
    case 'key':
      return {
        slug,
        message: 'The server wants Basic authentication; PREFECT_API_KEY is sent as Bearer.',
        found: auth.key.toString(),
        do: 'a self-hosted server uses PREFECT_API_AUTH_STRING=user:password',
      };
    case 'basic':
      return {
        slug,
        message: 'The server does not accept PREFECT_API_AUTH_STRING (401).',
        found: auth.authString.toString(),
        expected: 'the value of PREFECT_SERVER_API_AUTH_STRING on the server, as user:password',
        do: 'PREFECT_API_AUTH_STRING=user:password',
      };
    case 'none':
      return {
        slug,
        message: 'The server wants authentication (401).',
        found: 'neither PREFECT_API_AUTH_STRING nor PREFECT_API_KEY',
        do: 'PREFECT_API_AUTH_STRING=user:password',
      };
  }
}

const workspaceNotVisible = (error: WorkspaceNotVisibleError): Problem => ({
  slug: 'prefect-workspace-not-allowed',
  message: `The key is valid but cannot see workspace ${error.workspaceId}.`,
  found: error.visible.length === 0 ? 'it can see no workspace' : `it can see: ${error.visible.join(', ')}`,
  do: 'put the ids of one of these into PREFECT_API_URL, or give the service account a role in the workspace',
});

const workspaceNotAllowed = (error: HttpStatusError): Problem => ({
  slug: 'prefect-workspace-not-allowed',
  message: `The key may not read ${error.endpoint} of this workspace (403).`,
  found: error.bodyExcerpt.trim(),
  do: 'give the service account a role in the workspace; the built-in role Viewer is enough',
});

const forbidden = (error: HttpStatusError): Problem => ({
  slug: 'prefect-failed',
  message: `Prefect answers 403 to ${error.method} ${error.endpoint}.`,
  found: error.bodyExcerpt.trim(),
  do: /csrf/i.test(error.bodyExcerpt)
    ? 'PREFECT_CSRF_ENABLED=true'
    : 'look at what stands in front of the server',
});

const wrongPath = (error: HttpStatusError, { apiUrl }: Target): Problem => ({
  slug: 'prefect-url-without-api',
  message: `${apiUrl.href} answers, but not as the Prefect API (${error.method} ${error.endpoint}: ${error.status}).`,
  expected: 'the address of the API: a server has it at /api',
  do: 'prefect-push-exporter check tries the neighbouring addresses',
});

const redirected = (error: RedirectError): Problem => ({
  slug: 'prefect-url-without-api',
  message: `${error.url} redirects (${error.status}).`,
  found: error.location ?? 'no location',
  do: 'put the address that it points to into PREFECT_API_URL, if it is the Prefect API and not a login page',
});

const notJson = (error: UnexpectedBodyError): Problem => ({
  slug: 'prefect-not-json',
  message: 'Something answers that is not the Prefect API, or not whole.',
  found: error.message,
  do: 'look at PREFECT_API_URL, and at the proxy in between',
});

/** The same for every resource, so that it is told once. */
const tooLate = ({ apiUrl }: Target): Problem => ({
  slug: 'prefect-unreachable',
  message: `Prefect at ${apiUrl.host} did not answer in the time there was.`,
  do: 'look at the load of the server and its database; less to read: COLLECTORS; more time: the timeout of the function',
});

function unreachable(error: NoAnswerError, { apiUrl }: Target): Problem {
  const local = /^(?:localhost|127\.|\[::1\])/.test(apiUrl.host);
  return {
    slug: 'prefect-unreachable',
    message: `No connection to Prefect at ${apiUrl.host} (${error.code ?? error.reason}).`,
    found: error.message,
    do: local
      ? 'start the server; inside a container, localhost is the container itself'
      : 'look at the host, the port, the route and the proxy',
  };
}
