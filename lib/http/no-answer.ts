import { NoAnswerError, type NoAnswerReason } from './errors.ts';
import type { HttpRequest } from './send.ts';

const connectCodes: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refused the connection'],
  ['ENOTFOUND', 'has no address: the name is not known'],
  ['EAI_AGAIN', 'has no address: the name server does not answer'],
  ['EHOSTUNREACH', 'cannot be reached: no route to the host'],
  ['ENETUNREACH', 'cannot be reached: no route to the network'],
  ['EADDRNOTAVAIL', 'cannot be reached from any address of this machine'],
  ['ETIMEDOUT', 'does not answer the attempt to connect'],
  ['UND_ERR_CONNECT_TIMEOUT', 'does not answer the attempt to connect'],
  ['EACCES', 'cannot be reached: this machine does not allow it'],
  ['EPERM', 'cannot be reached: this machine does not allow it'],
]);

const unknownAuthority = 'its certificate is not signed by an authority that is trusted here';
const wantsClientCertificate = 'it wants a client certificate, or does not accept ours';

const tlsCodes: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', `${unknownAuthority} (self-signed)`],
  ['SELF_SIGNED_CERT_IN_CHAIN', `${unknownAuthority} (self-signed authority)`],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknownAuthority],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS on this port; is it http:// instead of https://?'],
  [
    'ERR_SSL_PACKET_LENGTH_TOO_LONG',
    'it does not speak TLS on this port; is it http:// instead of https://?',
  ],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', wantsClientCertificate],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', wantsClientCertificate],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', wantsClientCertificate],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', wantsClientCertificate],
]);

/** The rest of OpenSSL's and Node's codes; their messages say what is wrong. */
const otherTlsCode =
  /^(?:CERT_|CRL_|ERR_TLS_|ERR_SSL_|ERROR_IN_|INVALID_|UNABLE_TO_|EPROTO$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$|UND_ERR_PRX_TLS$)/;

/** What went wrong with a connection, as an error that names the host, the port, the code and the time it took. */
export function noAnswer(request: HttpRequest, error: unknown, elapsedMs: number): NoAnswerError {
  const code = codeOf(error);
  const { reason, what } = classify(error, request.url, code);
  const after = `after ${Math.round(elapsedMs)} ms`;
  return new NoAnswerError(request, {
    reason,
    code,
    what: `${peerOf(error, request.url)} ${what} (${code === undefined ? '' : `${code}, `}${after})`,
    cause: bareCause(error),
  });
}

/** Without the raw answer (`data`) or the whole certificate (`cert`) that some errors carry. */
function bareCause(error: unknown): unknown {
  if (!(error instanceof Error) || !('data' in error || 'cert' in error)) return error;
  return new Error(error.message);
}

function classify(error: unknown, url: URL, code = ''): { reason: NoAnswerReason; what: string } {
  const message = error instanceof Error ? error.message : '';
  const proxyStatus = proxyStatusOf(message);
  if (proxyStatus !== undefined) {
    return { reason: 'connect', what: `cannot be reached: the proxy answers with status ${proxyStatus}` };
  }
  const connect = connectCodes.get(code);
  if (connect !== undefined) return { reason: 'connect', what: connect };
  const tls = tlsCodes.get(code) ?? (otherTlsCode.test(code) ? message : undefined);
  if (tls !== undefined) return { reason: 'tls', what: `and this side do not agree on TLS: ${tls}` };
  if (error instanceof Error && error.name === 'HTTPParserError')
    return { reason: 'closed', what: 'answers with something that is not HTTP' };
  if (url.protocol === 'https:' && fieldOf(fieldOf(error, 'socket'), 'bytesRead') === 0) {
    // With TLS 1.3 a server learns after the handshake that there is no client certificate; some just leave.
    return {
      reason: 'closed',
      what: 'closed the connection without a word; does it want a client certificate?',
    };
  }
  return { reason: 'closed', what: 'closed the connection before the answer was complete' };
}

/** undici tells of the proxy's answer to CONNECT, or of its 407, in the message only. */
export function proxyStatusOf(message: string): string | undefined {
  return /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message)?.[1];
}

function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** Host and port that failed: the proxy's where it was the proxy, else the target's. */
function peerOf(error: unknown, url: URL): string {
  const address = fieldOf(error, 'address');
  const port = fieldOf(error, 'port');
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  if (typeof address === 'string' && typeof port === 'number') {
    const tried = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    return tried === target ? target : `${tried} (for ${target})`;
  }
  const hostname = fieldOf(error, 'hostname') ?? attemptedAddress(error);
  return typeof hostname === 'string' && hostname !== url.hostname && hostname !== target
    ? `${hostname} (for ${target})`
    : target;
}

/** undici's ConnectTimeoutError has the address in its message only. */
const attemptedAddress = (error: unknown): string | undefined =>
  error instanceof Error ? /attempted address(?:es)?: ([^\s,]+),/.exec(error.message)?.[1] : undefined;

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
