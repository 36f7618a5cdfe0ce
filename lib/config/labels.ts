import * as z from 'zod';
import { jsonObject } from './json-object.ts';
import { showValue } from './show.ts';

/** Names that samples carry by themselves; nobody else may set them. A test compares them with the families. */
export const ownLabels: ReadonlySet<string> = new Set([
  'flow',
  'deployment',
  'work_pool',
  'work_queue',
  'workspace',
  'state_type',
  'state_name',
  'state',
  'subflow',
  'deployment_id',
  'flow_id',
  'version',
  'entrypoint',
  'type',
  'concurrency_limit',
  'kind',
  'edition',
  'ui_url',
  'workspace_id',
  'account_id',
  'objective',
  'trigger',
  'event',
  'collector',
  'source',
  'phase',
  'endpoint',
  'code',
  'family',
  'reason',
  'stage',
  'le',
  'quantile',
]);

/** Why a name cannot be a label of the user's, or undefined; completes "…, of NAME". */
export function labelNameIssue(name: string): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    return 'has a name that is not a label name (letters, digits, _)';
  if (name.startsWith('__')) return 'has a name that is reserved (__)';
  if (name === 'workspace') return 'has a label that WORKSPACE sets';
  return ownLabels.has(name) ? 'has a label that our series carry already' : undefined;
}

function checkLabels(
  entries: readonly (readonly [string, string])[],
  context: z.RefinementCtx,
  allowed: readonly string[],
): Readonly<Record<string, string>> {
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const issue = allowed.includes(name) ? undefined : labelNameIssue(name);
    if (issue !== undefined) context.addIssue(`${issue}, "${showValue(name)}"`);
    if (value === '')
      context.addIssue(`has an empty value, which is no label at all, of "${showValue(name)}"`);
    if (seen.has(name)) context.addIssue(`has "${showValue(name)}" twice`);
    seen.add(name);
  }
  return Object.fromEntries(entries);
}

const pairs: z.ZodType<readonly (readonly [string, string])[], string> = z
  .string()
  .transform((raw, context) => {
    const items = raw.split(',').filter((item) => item.trim() !== '');
    if (items.every((item) => item.includes('='))) return items.map(splitPair);
    context.addIssue('is neither a JSON object nor a list name=value,name=value');
    return z.NEVER;
  });

function splitPair(item: string): readonly [string, string] {
  const at = item.indexOf('=');
  return [item.slice(0, at).trim(), item.slice(at + 1).trim()];
}

/** Labels as a JSON object; `allowed` are names of ours that may be set all the same. */
export const jsonLabels = (
  allowed: readonly string[] = [],
): z.ZodType<Readonly<Record<string, string>>, string> =>
  jsonObject.transform((entries, context) => checkLabels(entries, context, allowed));

/** Labels as a JSON object or as `name=value,name=value`. */
export const labels: z.ZodType<Readonly<Record<string, string>>, string> = z
  .string()
  .transform((raw, context) => {
    const result = (raw.startsWith('{') ? jsonObject : pairs).safeParse(raw);
    if (result.success) return checkLabels(result.data, context, []);
    for (const issue of result.error.issues) context.addIssue(issue.message);
    return z.NEVER;
  });
