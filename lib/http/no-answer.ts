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

const otherTlsCode =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|UND_ERR_PRX_TLS$|HOSTNAME_MISMATCH$|INVALID_CA$|UNABLE_TO_)/;

/** What went wrong with a connection, as an error that names the host, the port, the code and the time it took. */
export function noAnswer(request: HttpRequest, error: unknown, elapsedMs: number): NoAnswerError {
  const code = codeOf(error);
  const { reason, what } = classify(error, code);
  const after = `after ${Math.round(elapsedMs)} ms`;
  return new NoAnswerError(request, {
    reason,
    code,
    what: `${peerOf(error, request.url)} ${what} (${code === undefined ? '' : `${code}, `}${after})`,
    cause: error,
  });
}

function classify(error: unknown, code = ''): { reason: NoAnswerReason; what: string } {
  const message = error instanceof Error ? error.message : '';
  const proxyStatus = proxyStatusOf(message);
  if (proxyStatus !== undefined) {
    return { reason: 'connect', what: `cannot be reached: the proxy answers with status ${proxyStatus}` };
  }
  const connect = connectCodes.get(code);
  if (connect !== undefined) return { reason: 'connect', what: connect };
  const tls = tlsCodes.get(code) ?? (otherTlsCode.test(code) ? message : undefined);
  if (tls !== undefined) return { reason: 'tls', what: `and this side do not agree on TLS: ${tls}` };
  if (code.startsWith('HPE_')) return { reason: 'closed', what: 'answers with something that is not HTTP' };
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
  error instanceof Error ? /attempted address: ([^\s,]+),/.exec(error.message)?.[1] : undefined;

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
