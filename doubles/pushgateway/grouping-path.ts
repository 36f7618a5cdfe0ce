/** A path that does not say which group, and how a Pushgateway answers it. */
export interface WrongPath {
  readonly status: 301 | 400 | 404;
  readonly message: string;
}

export type GroupingPath = { readonly key: Readonly<Record<string, string>> } | { readonly wrong: WrongPath };

const wrong = (status: WrongPath['status'], message: string): GroupingPath => ({
  wrong: { status, message },
});

/** Reads `/metrics/job/<job>{/<label>/<value>}` with `@base64` where it stands (handler/push.go). */
export function parseGroupingPath(path: string): GroupingPath {
  // The router of Go's net/http tidies such a path and redirects there; the body is lost on the way.
  if (path.includes('//')) return wrong(301, path.replace(/\/\/+/g, '/'));
  // Decoded before it is split: an encoded slash ends a component like any other.
  const [first, ...parts] = decodeURIComponent(path.replace(/^\/metrics\//, '')).split('/');
  if (!path.startsWith('/metrics/') || (first !== 'job' && first !== 'job@base64')) {
    return wrong(404, '404 page not found');
  }
  const all = [first, ...parts];
  if (all.length % 2 !== 0)
    return wrong(400, `odd number of components in label string ${JSON.stringify(path)}`);
  const key: [string, string][] = [];
  for (let index = 0; index < all.length; index += 2) {
    key.push(decodedPair(all[index] ?? '', all[index + 1] ?? ''));
  }
  const labels = Object.fromEntries(key);
  return labels.job === '' ? wrong(400, 'job name is required') : { key: labels };
}

function decodedPair(name: string, value: string): [string, string] {
  if (!name.endsWith('@base64')) return [name, value];
  return [name.slice(0, -'@base64'.length), Buffer.from(value, 'base64url').toString('utf8')];
}
