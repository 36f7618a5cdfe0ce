import type { Problem } from '../../problem.ts';
import { showAddress } from '../show.ts';

export interface AddressRules {
  readonly name: string;
  readonly expected: string;
  /** Where a user name and a password belong instead. */
  readonly credentialsGo: string;
}

/** What is wrong with an address of any kind: credentials, scheme, syntax. */
export function addressMistake(raw: string, rules: AddressRules): Problem | undefined {
  const problem = (what: string, advice?: string) => addressProblem(raw, rules, what, advice);
  // Also after the host: a password with a slash in it ends the host early.
  if (/^[^?#]*@/.test(raw)) {
    return problem('holds a user name or a password', `take it out and set ${rules.credentialsGo}`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(raw)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    return problem(
      'has no scheme',
      `${rules.name}=${likelyScheme(raw)}://${showAddress(raw.replace(/^\/+/, ''))}`,
    );
  }
  if (scheme !== 'http' && scheme !== 'https') return problem('is neither http:// nor https://');
  if (/\s/.test(raw) || !URL.canParse(raw)) return problem('is not an address');
  return undefined;
}

/** What may not follow the path, where something is appended to it. */
export function suffixMistake(raw: string, rules: AddressRules): Problem | undefined {
  const [, start] = /^[^?#]*([?#])/.exec(raw) ?? [];
  if (start === undefined) return undefined;
  const what = start === '?' ? 'has a query (?…)' : 'has a fragment (#…)';
  return addressProblem(raw, rules, what, `${rules.name}=${showAddress(raw)}`);
}

const addressProblem = (raw: string, rules: AddressRules, what: string, advice?: string): Problem => ({
  slug: 'invalid-value',
  message: `${rules.name} ${what}.`,
  found: showAddress(raw),
  expected: rules.expected,
  do: advice ?? `${rules.name}=${rules.expected.split(/[ ,]/)[0]}`,
});

/** Names without a dot, IP addresses and ports are of this network; the rest is the internet. */
function likelyScheme(raw: string): 'http' | 'https' {
  const authority = raw.replace(/^\/+/, '').split(/[/?#]/)[0] ?? '';
  return /:\d+$/.test(authority) || /^[\d.]+$/.test(authority) || !authority.includes('.') ? 'http' : 'https';
}
