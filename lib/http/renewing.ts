import type { Deadline } from '../deadline.ts';
import { isCsrfRefusal } from './csrf.ts';
import { HttpStatusError } from './errors.ts';
import type { Send } from './send.ts';

/** What a side is shown to prove who asks. It may change while a process runs. */
export interface Credentials<Auth> {
  /** The same object as long as nothing has changed. */
  current(): Auth;
  /**
   * Looks for newer ones, where that is not too soon after the last time, and resolves with whether there are.
   * Never rejects, and takes no longer than the deadline.
   */
  renew(deadline: Deadline): Promise<boolean>;
}

/** Credentials that stay as they are. */
export const fixedCredentials = <Auth>(auth: Auth): Credentials<Auth> => ({
  current: () => auth,
  renew: () => Promise.resolve(false),
});

/**
 * Sends with the credentials of the moment. When the answer is 401 or 403, and there are others than those it was sent
 * with, sends it once more with these. @param authorize adds credentials to what `send` sends
 */
export function renewing<Auth>(
  send: Send,
  credentials: Credentials<Auth>,
  authorize: (send: Send, auth: Auth) => Send,
): Send {
  return async (request, deadline) => {
    const used = credentials.current();
    try {
      return await authorize(send, used)(request, deadline);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Another request may have renewed them while this one was under way.
      const hasOthers = credentials.current() !== used || (await credentials.renew(deadline));
      if (!hasOthers) throw error;
      return authorize(send, credentials.current())(request, deadline);
    }
  };
}

/** A CSRF token that is refused says nothing against the credentials. */
const isRefusal = (error: unknown): boolean =>
  error instanceof HttpStatusError && (error.status === 401 || error.status === 403) && !isCsrfRefusal(error);
