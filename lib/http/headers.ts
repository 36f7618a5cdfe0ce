import type { Send } from './send.ts';

/**
 * Adds headers to every request. A header the request already has stays as it is: what the protocol needs is
 * not for a user to replace.
 */
export const withHeaders =
  (send: Send, headers: Readonly<Record<string, string>>): Send =>
  (request, deadline) =>
    send({ ...request, headers: { ...lowerCased(headers), ...request.headers } }, deadline);

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
