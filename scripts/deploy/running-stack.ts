import type { Outputs } from '../../infra/stage/change.ts';

/** What there is before a deployment. */
export type RunningStack =
  | { readonly kind: 'there'; readonly outputs: Outputs }
  | { readonly kind: 'none' }
  /** `why`: what osls said. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads what `osls info --verbose` prints as `  Name: value` lines. */
export const outputsIn = (text: string): Outputs =>
  Object.fromEntries(
    [...text.matchAll(/^ {2}(\w+): (\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

export interface Answer {
  readonly status: unknown;
  /** Standard output and standard error. */
  readonly output: string;
}

export function runningStack({ status, output }: Answer): RunningStack {
  if (status === 0) return { kind: 'there', outputs: outputsIn(output) };
  if (/^Stack with id \S+ does not exist|Stack '?[\w-]+'? does not exist/m.test(output))
    return { kind: 'none' };
  const lines = output.split('\n').map((line) => line.trim());
  const [reason = 'no reason given'] = lines.filter(
    (line) => /[a-z]/.test(line) && !/^(?:Environment:|Docs:|Error:$)/.test(line),
  );
  return { kind: 'unknown', why: reason.slice(0, 300) };
}
