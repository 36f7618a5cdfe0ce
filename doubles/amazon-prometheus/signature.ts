import { createHash, createHmac } from 'node:crypto';
import type { ReceivedRequest } from '../server.ts';
import { signatureMismatch } from '../signature-mismatch.ts';

/** Credentials that a request may be signed with. */
export interface KnownCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary ones: has to come with the request. */
  readonly sessionToken?: string | undefined;
  /** The session has ended. */
  readonly expired?: boolean;
}

export interface SignatureRules {
  readonly region: string;
  readonly service: string;
  readonly credentials: readonly KnownCredentials[];
}

/** Why a signature is refused: the error's name and its text, as AWS words them. */
export interface SignatureRefusal {
  readonly type: string;
  readonly message: string;
}

const skewMs = 300_000;
const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/**
 * Verifies a request by the description of AWS Signature Version 4, with nothing of the SDK:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. Undefined where it is
 * genuine, whole and of the last five minutes.
 */
export function refuseSignature(
  request: ReceivedRequest,
  { region, service, credentials }: SignatureRules,
  nowMs: number,
): SignatureRefusal | undefined {
  const { authorization, ...headers } = request.headers;
  if (authorization === undefined)
    return refusal('MissingAuthenticationToken', 'Missing Authentication Token');
  const [, keyId, day = '', itsRegion = '', itsService = '', names = '', signature] =
    form.exec(authorization) ?? [];
  if (keyId === undefined)
    return refusal('IncompleteSignature', 'Authorization header is not of the known form.');
  const known = credentials.find(({ accessKeyId }) => accessKeyId === keyId);
  if (known?.expired === true) {
    return refusal('ExpiredToken', 'The security token included in the request is expired');
  }
  if (known === undefined || known.sessionToken !== headers['x-amz-security-token']) {
    return refusal('UnrecognizedClient', 'The security token included in the request is invalid.');
  }
  if (itsRegion !== region) return invalid('Credential should be scoped to a valid region.');
  if (itsService !== service) return invalid(`Credential should be scoped to correct service: '${service}'.`);
  const late = dateRefusal(headers['x-amz-date'] ?? '', day, nowMs);
  if (late !== undefined) return late;
  const signed = names.split(';');
  const wanted = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const unsigned = wanted.filter((name) => !signed.includes(name));
  if (unsigned.length > 0) return invalid(`'${unsigned.join("', '")}' must be in SignedHeaders.`);
  const announced = headers['x-amz-content-sha256'] ?? hash(request.body);
  const scope = { day, region, service };
  const isGenuine =
    announced === hash(request.body) && signature === signatureOf(request, signed, known, scope);
  return isGenuine ? undefined : invalid(signatureMismatch(request));
}

const refusal = (name: string, message: string): SignatureRefusal => ({ type: `${name}Exception`, message });
const invalid = (message: string): SignatureRefusal => refusal('InvalidSignature', message);

/** `20261120T100000Z`. */
export const amzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');

function dateRefusal(date: string, day: string, nowMs: number): SignatureRefusal | undefined {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const ms = Date.parse(iso);
  if (Number.isNaN(ms))
    return refusal('IncompleteSignature', `Date must be in ISO-8601 'basic format'. Got '${date}'.`);
  if (!date.startsWith(day))
    return invalid(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP',
    );
  const [oldest, newest] = [nowMs - skewMs, nowMs + skewMs];
  if (ms < oldest) {
    return invalid(
      `Signature expired: ${date} is now earlier than ${amzDate(oldest)} (${amzDate(nowMs)} - 5 min.)`,
    );
  }
  if (ms > newest) {
    return invalid(
      `Signature not yet current: ${date} is still later than ${amzDate(newest)} (${amzDate(nowMs)} + 5 min.)`,
    );
  }
  return undefined;
}

interface Scope {
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

function signatureOf(
  request: ReceivedRequest,
  signed: readonly string[],
  { secretAccessKey }: KnownCredentials,
  { day, region, service }: Scope,
): string {
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    `${day}/${region}/${service}/aws4_request`,
    hash(canonicalRequest(request, signed)),
  ].join('\n');
  const first: string | Buffer = `AWS4${secretAccessKey}`;
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, first);
  return hmac(key, stringToSign).toString('hex');
}

/** Method, path, query, headers, their names, hash of the body. */
function canonicalRequest(
  { method, path, headers, body }: ReceivedRequest,
  signed: readonly string[],
): string {
  const [pathname = '', query = ''] = path.split('?');
  const lines = signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`);
  return [
    method,
    pathname.split('/').map(encoded).join('/'),
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map(canonicalPair)
      .sort()
      .join('&'),
    ...lines,
    '',
    signed.join(';'),
    hash(body),
  ].join('\n');
}

/** All but the unreserved characters of RFC 3986. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function canonicalPair(pair: string): string {
  const [name = '', ...value] = pair.split('=');
  return [name, value.join('=')]
    .map((part) => encoded(decodeURIComponent(part.replaceAll('+', ' '))))
    .join('=');
}

const hash = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
