import type { NoAnswerError } from '../http/errors.ts';

/** What to do when there is no connection. @param start what to do when it is a server of this machine */
export function connectionAdvice(error: NoAnswerError, { host }: URL, start: string): string {
  if (error.reason === 'tls') {
    return 'CA_FILE=<file> for a private authority; CLIENT_CERT_FILE and CLIENT_KEY_FILE where a certificate is asked for';
  }
  return /^(?:localhost|127\.|\[::1\])/.test(host)
    ? `${start}; inside a container, localhost is the container itself`
    : 'look at the host, the port, the route and the proxy';
}
