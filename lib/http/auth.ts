import type { Secret } from '../secret.ts';
import type { Send } from './send.ts';

/** Basic authentication with `user:password`, encoded as UTF-8 (RFC 7617). No other header replaces it. */
export const withBasicAuth = (send: Send, userColonPassword: Secret): Send =>
  authorized(send, () => `Basic ${Buffer.from(userColonPassword.reveal(), 'utf8').toString('base64')}`);

/** `Authorization: Bearer …` (RFC 6750). No other header replaces it. */
export const withBearer = (send: Send, token: Secret): Send =>
  authorized(send, () => `Bearer ${token.reveal()}`);

/** These headers in place of those with the same names; lower-case names. */
export const withHeaders =
  (send: Send, headers: Readonly<Record<string, string>>): Send =>
  (request, deadline) =>
    send({ ...request, headers: { ...request.headers, ...headers } }, deadline);

const authorized =
  (send: Send, authorization: () => string): Send =>
  (request, deadline) =>
    send({ ...request, headers: { ...request.headers, authorization: authorization() } }, deadline);
