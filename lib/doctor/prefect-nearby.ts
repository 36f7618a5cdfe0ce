import { jsonGet } from '../http/json.ts';
import { jsonFrom, type Probes } from './probes.ts';

/**
 * The address nearby that answers as the Prefect API: with its version, in JSON. A GET, because a POST would need
 * a CSRF token of that address.
 */
export async function findPrefectNearby(apiUrl: URL, probes: Probes): Promise<string | undefined> {
  for (const address of neighbours(apiUrl)) {
    const request = jsonGet(new URL(`${address}/admin/version`), 'admin/version');
    const version = await jsonFrom(probes.prefectSend, request, probes.deadline);
    if (typeof version === 'string' && /^\d+\.\d+/.test(version)) return address;
  }
  return undefined;
}

function neighbours({ origin, pathname }: URL): readonly string[] {
  const path = pathname.replace(/\/+$/, '');
  const paths = [`${path}/api`, path.replace(/(?:\/api)+$/, '/api'), path.replace(/\/api$/, ''), '/api'];
  return [...new Set(paths)].filter((other) => other !== path).map((other) => `${origin}${other}`);
}
