import { maskSecret } from '../problem.ts';

const maxShownCharacters = 120;

/** Tokens that end up in the wrong variable are secrets all the same. */
const token = /(?:pnu_|pnb_|glc_|glsa_|AKIA)[\w+/=-]{8,}/g;
/** The same goes for user and password of an address. */
const userInfo = /(?<=:\/\/)[^/?#\s]*@/g;

/** A text without tokens and without user and password of an address. */
export const withoutCredentials = (text: string): string =>
  text.replace(token, maskSecret).replace(userInfo, '…@');

/** A value that is not secret as a message shows it: on one line, bounded, credentials masked. */
export function showValue(raw: string): string {
  const line = withoutCredentials(raw.replace(/\s+/g, ' '));
  return line.length <= maxShownCharacters ? line : `${line.slice(0, maxShownCharacters)}…`;
}

/** An address, well formed or not, without anything that may be a credential: before an `@`, after `?` and `#`. */
export function showAddress(raw: string): string {
  const withoutUser = raw.replace(/^((?:[a-z][a-z0-9+.-]*:)?\/\/)?[\s\S]*@/i, '$1…@');
  return showValue(withoutUser.replace(/[?#][\s\S]*$/, ''));
}

/** A path, unless it has no slash: then somebody may have put the secret where its file belongs. */
export const showPath = (path: string): string =>
  /[/\\]/.test(path) ? showValue(path) : `${maskSecret(path)}, not a path`;

/** The line to type in a shell or to write into an environment file. */
export function assignment(name: string, value: string): string {
  return /^[\w.,:/=@%+…-]*$/.test(value) ? `${name}=${value}` : `${name}='${value}'`;
}
