import type { PrefectAuth, PrefectConfig } from '../config/config.ts';
import { isCsrfRefusal } from '../http/csrf.ts';
import type { HttpStatusError } from '../http/errors.ts';
import type { Problem } from '../problem.ts';
import { answerOf, failed } from './prefect-failed.ts';

type Target = Pick<PrefectConfig, 'apiUrl' | 'auth'>;

/** What an answer of a self-hosted server that is an error means. */
export function serverProblem(error: HttpStatusError, target: Target): Problem {
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
