import type { Problem } from '../../problem.ts';

/** The number of a Grafana Cloud instance and its token, the wrong way round. */
export function swappedCredentials(username: string, password: string | undefined): Problem | undefined {
  const [kind] = /^(?:glc_|glsa_)/.exec(username) ?? [];
  if (kind === undefined) return undefined;
  const isNumber = password !== undefined && /^\d+$/.test(password);
  return {
    slug: 'receiver-credentials-swapped',
    message: isNumber
      ? `REMOTE_WRITE_USERNAME is a token (${kind}…) and REMOTE_WRITE_PASSWORD is a number: they are the wrong way round.`
      : `REMOTE_WRITE_USERNAME is a token (${kind}…): it belongs in REMOTE_WRITE_PASSWORD.`,
    found: `REMOTE_WRITE_USERNAME=${kind}…`,
    expected: 'the number of the instance as REMOTE_WRITE_USERNAME, the token as REMOTE_WRITE_PASSWORD',
    do: `REMOTE_WRITE_USERNAME=1234567 REMOTE_WRITE_PASSWORD=${kind}…`,
  };
}

/** A region as newer tokens and host names spell it; older ones say `us` or `eu`, which cannot be compared. */
const region = 'prod-[a-z]+(?:-[a-z0-9]+)+';
const regionalHost = new RegExp(`^prometheus-prod-\\d+-(${region})\\.grafana\\.net$`);
const wholeRegion = new RegExp(`^${region}$`);

/**
 * The token of an access policy of another region than the address, where both say theirs. A warning: the form
 * of the token is not documented.
 */
export function regionMismatch(url: URL, password: string): Problem | undefined {
  const ofAddress = regionalHost.exec(url.hostname)?.[1];
  const ofToken = regionOfToken(password);
  if (ofAddress === undefined || ofToken === undefined || ofAddress === ofToken) return undefined;
  return {
    slug: 'receiver-token-refused',
    message: `The token in REMOTE_WRITE_PASSWORD was made for region ${ofToken}, the address is in ${ofAddress}.`,
    found: `${url.hostname}, and a token of ${ofToken}`,
    expected: 'a token of an access policy in the region of the stack, with the scope metrics:write',
    do: 'grafana.com → your stack → Prometheus → Details: make the token where the endpoint is shown',
  };
}

/** `glc_` and base64 of `{"o":…,"n":…,"k":…,"m":{"r":"prod-eu-west-2"}}`. */
function regionOfToken(token: string): string | undefined {
  if (!token.startsWith('glc_')) return undefined;
  try {
    const content: unknown = JSON.parse(Buffer.from(token.slice('glc_'.length), 'base64').toString('utf8'));
    const found = fieldOf(fieldOf(content, 'm'), 'r');
    return typeof found === 'string' && wholeRegion.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
