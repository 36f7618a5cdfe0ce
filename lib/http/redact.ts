const secretHeader = /auth|token|key|secret|cookie|password|signature/;
/** Shorter values are words such as `on`, not secrets. */
const minSecretLength = 4;

/** The text without the values of the request's secret headers, for answers that quote the request. */
export function withoutSecrets(text: string, requestHeaders: Readonly<Record<string, string>>): string {
  return Object.entries(requestHeaders)
    .filter(([name]) => secretHeader.test(name))
    .flatMap(([, value]) => [value, value.slice(value.indexOf(' ') + 1)])
    .filter((secret) => secret.length >= minSecretLength)
    .reduce((shown, secret) => shown.replaceAll(secret, '…'), text);
}
