import { ReadDeadlineError } from '../collectors/collect.ts';
import type { PrefectAuth, PrefectConfig } from '../config/config.ts';
import { HttpStatusError, NoAnswerError, RedirectError, UnexpectedBodyError } from '../http/errors.ts';
import { editionOf } from '../prefect/edition.ts';
import { WorkspaceNotVisibleError } from '../prefect/workspace.ts';
import type { Problem } from '../problem.ts';
import { findCause } from './cause.ts';
import { connectionAdvice } from './connection.ts';

type Target = Pick<PrefectConfig, 'apiUrl' | 'auth'>;

/**
 * What to tell a user about a request to Prefect that failed; undefined for an error of another kind. Requests of
 * one tick that fail for the same reason get the same message, and differ in `found` at most.
 */
export function diagnosePrefect(error: unknown, target: Target): Problem | undefined {
  const notVisible = findCause(error, WorkspaceNotVisibleError);
  if (notVisible !== undefined) return workspaceNotVisible(notVisible, target);
  const status = findCause(error, HttpStatusError);
  if (status !== undefined) return statusProblem(status, target);
  const redirect = findCause(error, RedirectError);
  if (redirect !== undefined) return redirected(redirect, target);
  const unexpected = findCause(error, UnexpectedBodyError);
  if (unexpected !== undefined) return notJson(unexpected);
  const noAnswer = findCause(error, NoAnswerError);
  const late = noAnswer?.reason === 'timeout' || noAnswer?.reason === 'deadline';
  if (late || findCause(error, ReadDeadlineError) !== undefined) return tooLate(target);
  return noAnswer === undefined ? undefined : unreachable(noAnswer, target);
}

function statusProblem(error: HttpStatusError, target: Target): Problem {
  return editionOf(target.apiUrl).kind === 'cloud'
    ? cloudProblem(error, target.auth)
    : serverProblem(error, target);
}

function cloudProblem(error: HttpStatusError, auth: PrefectAuth): Problem {
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

function serverProblem(error: HttpStatusError, target: Target): Problem {
  if (error.endpoint === 'csrf-token' && (error.status === 404 || error.status === 422))
    return csrfOff(error);
  switch (error.status) {
    case 401:
      return otherAuthentication(target.auth);
    case 403:
      return isCsrfRefusal(error) ? csrfWanted(error) : forbidden(error);
    case 400: // Prefect itself answers 422 to what it does not understand.
    case 404:
    case 405:
      return wrongPath(error, target);
    default:
      return failed(error);
  }
}

/** `POST flow_runs/filter: 503, Service Unavailable`. */
const answerOf = ({ method, endpoint, status, bodyExcerpt }: HttpStatusError): string => {
  const said = bodyExcerpt.trim();
  return `${method} ${endpoint}: ${status}${said === '' ? '' : `, ${said}`}`;
};

const failed = (error: HttpStatusError): Problem => ({
  slug: 'prefect-failed',
  message: `Prefect answers ${error.status}.`,
  found: answerOf(error),
  do:
    error.status === 429
      ? 'fewer ticks (INTERVAL_SECONDS and the schedule), or less to read (COLLECTORS)'
      : 'look at the log of the Prefect server',
});

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

/** As many workspaces are named as fit on a line. */
const maxNamed = 5;

function workspaceNotVisible({ workspaceId, visible }: WorkspaceNotVisibleError, target: Target): Problem {
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

/** `Missing CSRF token.`, `Missing client identifier.`, `Invalid CSRF token or client identifier.` */
export const isCsrfRefusal = (error: unknown): boolean =>
  error instanceof HttpStatusError &&
  error.status === 403 &&
  /CSRF token|client identifier/i.test(error.bodyExcerpt);

const csrfWanted = (error: HttpStatusError): Problem => ({
  slug: 'prefect-csrf',
  message: 'The server wants a CSRF token with every request (403).',
  found: error.bodyExcerpt.trim(),
  do: 'PREFECT_CSRF_ENABLED=auto',
});

const csrfOff = (error: HttpStatusError): Problem => ({
  slug: 'prefect-csrf',
  message: `PREFECT_CSRF_ENABLED=true, and the server gives no CSRF tokens (${error.status}).`,
  found: error.bodyExcerpt.trim(),
  do: 'PREFECT_CSRF_ENABLED=auto',
});

const forbidden = (error: HttpStatusError): Problem => ({
  slug: 'prefect-failed',
  message: 'Prefect answers 403.',
  found: answerOf(error),
  do: 'a server has no roles: look at what stands in front of it, such as a proxy or a firewall',
});

const wrongPath = (error: HttpStatusError, { apiUrl }: Target): Problem => ({
  slug: 'prefect-url-without-api',
  message: `${apiUrl.href} answers, but not as the Prefect API.`,
  found: answerOf(error),
  expected: 'the address of the API: a server has it at /api',
  do: `PREFECT_API_URL=${apiUrl.origin}/api, if that is a Prefect server`,
});

const redirected = (error: RedirectError, { apiUrl }: Target): Problem => ({
  slug: 'prefect-url-without-api',
  message: `${apiUrl.href} redirects (${error.status}).`,
  found: `${error.method} ${error.url} to ${error.location ?? 'nowhere'}`,
  do: 'put the address that it points to into PREFECT_API_URL, if it is the Prefect API and not a login page',
});

const notJson = (error: UnexpectedBodyError): Problem => ({
  slug: 'prefect-not-json',
  message: 'Something answers that is not the Prefect API, or not whole.',
  found: error.message,
  do: 'look at PREFECT_API_URL, and at the proxy in between',
});

const tooLate = ({ apiUrl }: Target): Problem => ({
  slug: 'prefect-unreachable',
  message: `Prefect at ${apiUrl.host} did not answer in the time there was.`,
  do: 'look at the load of the server and its database; less to read: COLLECTORS; more time: the timeout of the function',
});

function unreachable(error: NoAnswerError, { apiUrl }: Target): Problem {
  return {
    slug: 'prefect-unreachable',
    message: `No connection to Prefect at ${apiUrl.host} (${error.code ?? error.reason}).`,
    found: error.message,
    do: connectionAdvice(error, apiUrl, 'start the server'),
  };
}
