import { ReadDeadlineError } from '../collectors/collect.ts';
import type { PrefectConfig } from '../config/config.ts';
import { HttpStatusError, NoAnswerError, RedirectError, UnexpectedBodyError } from '../http/errors.ts';
import { CatchUpError } from '../prefect/catch-up.ts';
import { editionOf } from '../prefect/edition.ts';
import { ServerTooOldError } from '../prefect/server-too-old.ts';
import { WorkspaceNotVisibleError } from '../prefect/workspace.ts';
import type { Problem } from '../problem.ts';
import { findCause } from './cause.ts';
import { connectionAdvice } from './connection.ts';
import { cloudProblem, workspaceNotVisible } from './prefect-cloud.ts';
import { serverProblem } from './prefect-server.ts';

type Target = Pick<PrefectConfig, 'apiUrl' | 'auth'>;

/**
 * What to tell a user about a request to Prefect that failed; undefined for an error of another kind. Requests of
 * one tick that fail for the same reason get the same message, and differ in `found` at most.
 */
export function diagnosePrefect(error: unknown, target: Target): Problem | undefined {
  const notVisible = findCause(error, WorkspaceNotVisibleError);
  if (notVisible !== undefined) return workspaceNotVisible(notVisible, target);
  // Before its cause, a status that says less.
  const tooOld = findCause(error, ServerTooOldError);
  if (tooOld !== undefined) return serverTooOld(tooOld);
  const status = findCause(error, HttpStatusError);
  if (status !== undefined) return statusProblem(status, target);
  const redirect = findCause(error, RedirectError);
  if (redirect !== undefined) return redirected(redirect, target);
  const unexpected = findCause(error, UnexpectedBodyError);
  if (unexpected !== undefined) return notJson(unexpected);
  const noAnswer = findCause(error, NoAnswerError);
  const late = noAnswer?.reason === 'timeout' || noAnswer?.reason === 'deadline';
  if (late || findCause(error, ReadDeadlineError) !== undefined) return tooLate(target);
  if (findCause(error, CatchUpError) !== undefined) return tooLate(target);
  return noAnswer === undefined ? undefined : unreachable(noAnswer, target);
}

function statusProblem(error: HttpStatusError, target: Target): Problem {
  return editionOf(target.apiUrl).kind === 'cloud'
    ? cloudProblem(error, target.auth)
    : serverProblem(error, target);
}

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

const serverTooOld = ({ message }: ServerTooOldError): Problem => ({
  slug: 'prefect-too-old',
  message,
  do: 'upgrade the Prefect server, or do not ask for these series',
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
