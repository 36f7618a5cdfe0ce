/** Headers that may be shown. Any other may be one that the user has set, whatever its name. */
const openHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-type',
  'retry-attempt',
  'user-agent',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-prometheus-remote-write-version',
  'x-scope-orgid',
]);
/** Shorter values are words such as `on`, not secrets. */
const minSecretLength = 4;

/** The text without the values of the request's headers that may be secret, for answers that quote the request. */
export function withoutSecrets(text: string, requestHeaders: Readonly<Record<string, string>>): string {
  return Object.entries(requestHeaders)
    .filter(([name]) => !openHeaders.has(name))
    .flatMap(([, value]) => [value, value.slice(value.indexOf(' ') + 1), ...basicCredentials(value)])
    .filter((secret) => secret.length >= minSecretLength)
    .reduce((shown, secret) => shown.replaceAll(secret, '…'), text);
}

/** `user:password` and the password of a Basic `Authorization`: a server may quote what it decoded. */
function basicCredentials(authorization: string): readonly string[] {
  const encoded = /^Basic (\S+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return [];
  const credentials = Buffer.from(encoded, 'base64').toString('utf8');
  return [credentials, credentials.slice(credentials.indexOf(':') + 1)];
}
