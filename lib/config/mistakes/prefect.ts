import { maskSecret, type Problem } from '../../problem.ts';
import { showAddress } from '../show.ts';
import { addressMistake, suffixMistake } from './address.ts';

const cloudAddress = 'https://api.prefect.cloud/api/accounts/<account>/workspaces/<workspace>';

const rules = {
  name: 'PREFECT_API_URL',
  expected: 'http://127.0.0.1:4200/api, or the address of a workspace of Prefect Cloud',
  credentialsGo: 'PREFECT_API_AUTH_STRING=user:password (a server) or PREFECT_API_KEY (Prefect Cloud)',
};

/** What people paste into PREFECT_API_URL, as far as it can be told without asking the server. */
export function prefectAddressMistake(raw: string): Problem | undefined {
  const mistake = addressMistake(raw, rules);
  if (mistake !== undefined) return mistake;
  const url = new URL(raw);
  const known = isPrefectCloud(url) ? cloudMistake(raw, url) : serverMistake(raw, url);
  // A page is recognised with its query: the query is not what is wrong with it.
  return known ?? suffixMistake(raw, rules);
}

const isPrefectCloud = (url: URL): boolean => /(?:^|\.)prefect\.cloud$/.test(url.hostname);

function cloudMistake(raw: string, url: URL): Problem | undefined {
  const [, account, workspace] = /\/accounts?\/([^/]+)\/workspaces?\/([^/]+)/.exec(url.pathname) ?? [];
  const path = account === undefined ? undefined : `/api/accounts/${account}/workspaces/${workspace}`;
  if (url.hostname === 'api.prefect.cloud' && url.pathname.replace(/\/+$/, '') === path) return undefined;
  const isPage = url.hostname !== 'api.prefect.cloud';
  return {
    slug: 'prefect-url-is-the-web-page',
    message: isPage
      ? 'PREFECT_API_URL is the address of the Prefect web page, not of its API.'
      : 'PREFECT_API_URL is on the host of the Prefect API, but its path is not that of a workspace.',
    found: showAddress(raw),
    expected: cloudAddress,
    do:
      path === undefined
        ? 'open the workspace in the browser and copy its whole address: both ids are in it'
        : `PREFECT_API_URL=https://api.prefect.cloud${path}`,
  };
}

/** Pages of the web interface that a Prefect server shows beside its API. */
const page =
  /^(.*?)\/(?:dashboard|runs|flow-runs|flows|deployments|work-pools|blocks|variables|automations|event-feed|events|concurrency-limits|settings)(?:\/.*)?$/;

function serverMistake(raw: string, url: URL): Problem | undefined {
  const problem = (
    slug: 'prefect-url-is-the-web-page' | 'invalid-value',
    message: string,
    path: string,
  ): Problem => ({
    slug,
    message,
    found: showAddress(raw),
    expected: `${url.origin}${path}`,
    do: `PREFECT_API_URL=${url.origin}${path}`,
  });
  const path = url.pathname.replace(/\/+$/, '');
  const [, beforeTwice] = /^(.*?)(?:\/api){2,}(?:\/|$)/.exec(path) ?? [];
  if (beforeTwice !== undefined) {
    return problem('invalid-value', 'PREFECT_API_URL has /api twice.', `${beforeTwice}/api`);
  }
  const [, beforeApi] = /^(.*?)\/api\/(?:docs|redoc|health|ready|hello|version)$/.exec(path) ?? [];
  if (beforeApi !== undefined) {
    return problem('invalid-value', 'PREFECT_API_URL goes on after /api.', `${beforeApi}/api`);
  }
  const [, beforePage] = /\/api(?:\/|$)/.test(path) ? [] : (page.exec(path) ?? []);
  if (beforePage === undefined) return undefined;
  const message = 'PREFECT_API_URL is the address of the Prefect web page, not of its API.';
  return problem('prefect-url-is-the-web-page', message, `${beforePage}/api`);
}

/** A key with more around it than the key. */
export function keyMistake(raw: string): Problem | undefined {
  const [, scheme] = /^\s*(?:Authorization:\s*)?(Bearer|Basic)[\s:]/i.exec(raw) ?? [];
  if (scheme === undefined) return undefined;
  return {
    slug: 'invalid-value',
    message: `PREFECT_API_KEY begins with "${scheme}": give the key alone, the rest is added for you.`,
    found: maskSecret(raw),
    expected: 'the key as Prefect shows it, pnu_… or pnb_…',
    do: 'PREFECT_API_KEY=pnu_…',
  };
}

/** The auth string is encoded by us; people who read about Basic authentication encode it themselves. */
export function authStringMistake(raw: string): Problem | undefined {
  const value = raw.trim().replace(/^(?:Authorization:\s*)?Basic\s+/i, '');
  const encoded = decodesToPair(value);
  if (!encoded && value.includes(':')) return undefined;
  return {
    slug: encoded ? 'prefect-auth-string-encoded' : 'invalid-value',
    message: encoded
      ? 'PREFECT_API_AUTH_STRING looks like base64: give it as user:password, it is encoded for you.'
      : 'PREFECT_API_AUTH_STRING has no colon between user and password.',
    found: maskSecret(raw),
    expected: 'user:password',
    do: 'PREFECT_API_AUTH_STRING=admin:…',
  };
}

function decodesToPair(value: string): boolean {
  if (!/^[A-Za-z0-9+/_-]{4,}={0,2}$/.test(value)) return false;
  return /^[ -9;-~]+:[ -~]*$/.test(Buffer.from(value, 'base64').toString('utf8'));
}
