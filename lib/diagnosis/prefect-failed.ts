import type { HttpStatusError } from '../http/errors.ts';
import type { Problem } from '../problem.ts';

/** `POST flow_runs/filter: 503, Service Unavailable`. */
export const answerOf = ({ method, endpoint, status, bodyExcerpt }: HttpStatusError): string => {
  const said = bodyExcerpt.trim();
  return `${method} ${endpoint}: ${status}${said === '' ? '' : `, ${said}`}`;
};

/** An answer that says nothing more special than that it is an error. */
export const failed = (error: HttpStatusError): Problem => ({
  slug: 'prefect-failed',
  message: `Prefect answers ${error.status}.`,
  found: answerOf(error),
  do:
    error.status === 429
      ? 'fewer ticks (INTERVAL_SECONDS and the schedule), or less to read (COLLECTORS)'
      : 'look at the log of the Prefect server',
});
