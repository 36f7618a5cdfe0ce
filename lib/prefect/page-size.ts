import { HttpStatusError, NoAnswerError } from '../http/errors.ts';
import type { Page } from './pages.ts';

/** PREFECT_SERVER_API_DEFAULT_LIMIT, the server's maximum unless its operator changed it. */
const serverDefault = 200;

/** How many rows to ask for, learned from refusals; one for the life of the process. */
export interface PageSize {
  /**
   * Calls `fetchRows` with the limit for this endpoint, and again with a smaller one while the server refuses it
   * or the answer is too large to hold.
   */
  read<Row>(endpoint: string, fetchRows: (limit: number) => Promise<readonly Row[]>): Promise<Page<Row>>;
}

/**
 * A limit is always sent: only then does the number of rows tell whether a page was full, without asking for the
 * server's settings (which Cloud does not show).
 */
export function createPageSize(configured: number | undefined): PageSize {
  let serverLimit = configured ?? serverDefault;
  const endpointLimits = new Map<string, number>();
  const learn = (endpoint: string, limit: number, error: unknown): void => {
    const accepted = acceptedLimit(error);
    if (accepted !== undefined && accepted < limit) serverLimit = Math.min(serverLimit, accepted);
    else if (isTooLarge(error) && limit > 2) endpointLimits.set(endpoint, Math.floor(limit / 2));
    else throw error;
  };
  return {
    async read(endpoint, fetchRows) {
      for (;;) {
        const limit = Math.min(serverLimit, endpointLimits.get(endpoint) ?? serverLimit);
        try {
          const rows = await fetchRows(limit);
          return { rows, full: rows.length >= limit };
        } catch (error) {
          learn(endpoint, limit, error);
        }
      }
    },
  };
}

/** `{"detail":"Invalid limit: must be less than or equal to 50."}` (`LimitBody` in the server's api/dependencies.py). */
function acceptedLimit(error: unknown): number | undefined {
  if (!(error instanceof HttpStatusError) || error.status !== 422) return undefined;
  const match = /\blimit\b.*?less than or equal to (\d+)/is.exec(error.bodyExcerpt);
  const limit = Number(match?.[1] ?? 0);
  return limit >= 1 ? limit : undefined;
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof NoAnswerError && error.reason === 'too-large';
