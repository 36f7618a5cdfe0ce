import * as z from 'zod';

export type LambdaEvent = {
  /** Which of WORKSPACES; undefined where the event does not say. */
  readonly workspace: string | undefined;
} & (
  | { readonly kind: 'check' }
  /** `scheduledMs`: the time the tick is for; undefined where the event does not say (a manual invocation). */
  | { readonly kind: 'tick'; readonly scheduledMs: number | undefined }
);

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const checkEvent = z.object({ check: z.literal(true) });
/** What our own EventBridge Scheduler schedule sends. */
const schedulerInput = z.object({ scheduledTime: time });
/** An EventBridge rule. */
const ruleEvent = z.object({ time });
const forWorkspace = z.object({ workspace: z.unknown() });

/**
 * The three shapes a schedule or a person sends: our Scheduler input, an EventBridge event, nothing at all; and the
 * question for a check. Anything else counts as nothing: a tick must not fail for its envelope.
 */
export function parseEvent(event: unknown): LambdaEvent {
  const workspace = workspaceOf(event);
  if (checkEvent.safeParse(event).success) return { kind: 'check', workspace };
  const scheduled = schedulerInput.safeParse(event);
  if (scheduled.success) return { kind: 'tick', scheduledMs: scheduled.data.scheduledTime, workspace };
  const rule = ruleEvent.safeParse(event);
  return { kind: 'tick', scheduledMs: rule.success ? rule.data.time : undefined, workspace };
}

/** What is no text cannot be the name of a workspace, and the tick must not go to another one instead. */
function workspaceOf(event: unknown): string | undefined {
  const asked = forWorkspace.safeParse(event).data?.workspace;
  if (asked === undefined || asked === null) return undefined;
  return typeof asked === 'string' ? asked : `<${typeof asked}>`;
}
