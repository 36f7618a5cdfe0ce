import type * as z from 'zod';
import { jsonObject } from './json-object.ts';
import { maskedWhenPrinted } from './masked.ts';

/** Headers that the protocol, the connection or another variable owns. */
const reserved: ReadonlyMap<string, string> = new Map([
  ...[
    'accept-encoding',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'expect',
    'host',
    'keep-alive',
    'retry-attempt',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'user-agent',
    'x-prometheus-remote-write-version',
  ].map((name) => [name, 'belongs to the protocol'] as const),
  ['authorization', 'comes from REMOTE_WRITE_USERNAME and _PASSWORD, or from REMOTE_WRITE_BEARER_TOKEN'],
]);

/** What is not a header name may be a secret in the wrong place, so it is not shown. */
function headerIssue(name: string, value: string): string | undefined {
  if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name)) return 'has a name that is not a header name';
  const owner = reserved.get(name.toLowerCase());
  if (owner !== undefined) return `may not hold "${name}": it ${owner}`;
  return /^[ -~]*$/.test(value) ? undefined : `has a value that a header cannot carry, of "${name}"`;
}

/** A JSON object of headers; names come out in lower case. The values may be secrets and print masked. */
export const headers: z.ZodType<Readonly<Record<string, string>>, string> = jsonObject.transform(
  (entries, context) => {
    const result = new Map<string, string>();
    for (const [name, value] of entries) {
      const issue = result.has(name.toLowerCase()) ? `has "${name}" twice` : headerIssue(name, value);
      if (issue !== undefined) context.addIssue(issue);
      result.set(name.toLowerCase(), value);
    }
    return maskedWhenPrinted(Object.fromEntries(result), [...result.keys()]);
  },
);
