import type { Problem } from '../../problem.ts';
import { isAmazon } from '../amazon-address.ts';
import { showAddress } from '../show.ts';
import { addressMistake, suffixMistake } from './address.ts';

const grafanaWrite = 'https://prometheus-prod-24-prod-eu-west-2.grafana.net/api/prom/push';

/** What people paste into REMOTE_WRITE_URL, as far as it can be told without asking the receiver. */
export function remoteWriteAddressMistake(raw: string): Problem | undefined {
  const mistake = addressMistake(raw, {
    name: 'REMOTE_WRITE_URL',
    expected: 'http://prometheus:9090/api/v1/write, or the write address of another receiver',
    credentialsGo: 'REMOTE_WRITE_USERNAME and REMOTE_WRITE_PASSWORD',
  });
  if (mistake !== undefined) return mistake;
  const url = new URL(raw);
  const path = url.pathname.replace(/\/+$/, '');
  return (
    grafanaMistake(url, path) ??
    queryMistake(url, path) ??
    amazonMistake(url, path) ??
    pushgatewayAddressMistake(url, path)
  );
}

function grafanaMistake(url: URL, path: string): Problem | undefined {
  const isStack = /\.grafana\.net$/.test(url.hostname) && !/^prometheus-|-prod-/.test(url.hostname);
  const isProxy = /\/api\/datasources\//.test(path);
  if (!isStack && !isProxy && !/(?:^|\.)grafana\.com$/.test(url.hostname)) return undefined;
  return {
    slug: 'receiver-url-is-grafana',
    message: `REMOTE_WRITE_URL is the Grafana web address (${url.host}). The receiver has its own: grafana.com → your stack → Prometheus → Details → Remote Write Endpoint, https://prometheus-prod-…grafana.net/api/prom/push`,
    found: showAddress(url.href),
    expected: `an address such as ${grafanaWrite}`,
    do: `REMOTE_WRITE_URL=${grafanaWrite}`,
  };
}

const query =
  /^(.*?)\/api\/v1\/(?:query|query_range|query_exemplars|series|labels|label\/[^/]+\/values|metadata|targets|rules|alerts|status\/.*)$/;

function queryMistake(url: URL, path: string): Problem | undefined {
  const base = path.endsWith('/api/prom') ? path : query.exec(path)?.[1];
  if (base === undefined) return undefined;
  const shown = `${url.origin}${path}`;
  const target = `${url.origin}${writePath(url, base)}`;
  const inGrafana = base.endsWith('/api/prom');
  return {
    slug: 'receiver-url-is-for-queries',
    message: inGrafana
      ? `REMOTE_WRITE_URL: ${shown} is where Grafana reads. Writing goes to ${target}.`
      : `REMOTE_WRITE_URL: ${shown} is where queries go; write to ${target}.`,
    found: shown,
    expected: target,
    do:
      base === '/prometheus'
        ? `REMOTE_WRITE_URL=${target} for Mimir, REMOTE_WRITE_URL=${url.origin}${base}/api/v1/write for a Prometheus below /prometheus`
        : `REMOTE_WRITE_URL=${target}`,
  };
}

/** Where the receiver that answers queries below `base` takes writes. */
function writePath(url: URL, base: string): string {
  if (base.endsWith('/api/prom')) return `${base}/push`;
  if (isAmazon(url)) return `${base}/api/v1/remote_write`;
  // Mimir reads below /prometheus and writes at the root.
  if (base === '/prometheus') return '/api/v1/push';
  // A VictoriaMetrics cluster: vmselect and vminsert.
  return `${base.replace(/^\/select\//, '/insert/')}/api/v1/write`;
}

function amazonMistake(url: URL, path: string): Problem | undefined {
  if (!isAmazon(url) || path.endsWith('/api/v1/remote_write')) return undefined;
  const workspace = /^\/workspaces\/[^/]+/.exec(path)?.[0] ?? '/workspaces/<workspace>';
  return {
    slug: 'receiver-url-without-path',
    message: 'REMOTE_WRITE_URL: An AMP address ends in /api/v1/remote_write.',
    found: showAddress(url.href),
    expected: `${url.origin}/workspaces/<workspace>/api/v1/remote_write`,
    do: `REMOTE_WRITE_URL=${url.origin}${workspace}/api/v1/remote_write`,
  };
}

function pushgatewayAddressMistake(url: URL, path: string): Problem | undefined {
  const [, base] = /^(.*?)\/metrics(?:\/job(?:@base64)?\/.*)?$/.exec(path) ?? [];
  if (base === undefined) return undefined;
  return {
    slug: 'receiver-kind',
    message:
      'REMOTE_WRITE_URL is an address of a Pushgateway. Use PUSHGATEWAY_URL instead of REMOTE_WRITE_URL.',
    found: showAddress(url.href),
    expected: 'the write address of a remote-write receiver',
    do: `PUSHGATEWAY_URL=${url.origin}${base}`,
  };
}

const pushgatewayRules = {
  name: 'PUSHGATEWAY_URL',
  expected: 'http://pushgateway:9091',
  credentialsGo: 'PUSHGATEWAY_USERNAME and PUSHGATEWAY_PASSWORD',
};

/** What people paste into PUSHGATEWAY_URL. */
export function pushgatewayMistake(raw: string): Problem | undefined {
  const { expected } = pushgatewayRules;
  const mistake = addressMistake(raw, pushgatewayRules) ?? suffixMistake(raw, pushgatewayRules);
  if (mistake !== undefined) return mistake;
  const url = new URL(raw);
  const path = url.pathname.replace(/\/+$/, '');
  const found = showAddress(raw);
  if (/\/api\/(?:v1\/(?:write|push|receive|remote_write)|prom\/push)$/.test(path)) {
    return {
      slug: 'receiver-kind',
      message: `PUSHGATEWAY_URL is a remote-write address. Use REMOTE_WRITE_URL instead of PUSHGATEWAY_URL.`,
      found,
      expected,
      do: `REMOTE_WRITE_URL=${url.origin}${path}`,
    };
  }
  const [, base] = /^(.*?)\/metrics(?:\/job(?:@base64)?\/.*)?$/.exec(path) ?? [];
  if (base === undefined) return undefined;
  return {
    slug: 'invalid-value',
    message: 'PUSHGATEWAY_URL goes on after the address: /metrics/job/… is added for you.',
    found,
    expected,
    do: `PUSHGATEWAY_URL=${url.origin}${base}`,
  };
}

/** Amazon Managed Prometheus answers 400 or 403 when it sees the tenant header of Mimir. */
export function tenantMistake(url: URL, source: string): Problem | undefined {
  if (!isAmazon(url)) return undefined;
  return {
    slug: 'receiver-header',
    message: `AMP refuses X-Scope-OrgID: remove it from ${source}.`,
    found: `X-Scope-OrgID in ${source}`,
    expected: 'no tenant: the workspace is in the address',
    do: `take X-Scope-OrgID out of ${source}`,
  };
}
