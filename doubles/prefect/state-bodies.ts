import type { StateType } from '../../lib/prefect/model.ts';
import type { Reply } from '../server.ts';
import { answerJson } from './call.ts';
import { type JsonObject, objectAt, stringAt } from './json.ts';
import { parseTimestamp } from './timestamps.ts';
import type { StateChange } from './transitions.ts';

/** Timestamps in the body are ignored: the server stamps states itself. */
export function stateChange(state: JsonObject | undefined): StateChange | undefined {
  const type = stringAt(state, 'type');
  if (type === undefined) return undefined;
  const scheduled = stringAt(objectAt(state, 'state_details'), 'scheduled_time');
  return {
    // Workloads only send the server's state types.
    type: type as StateType,
    name: stringAt(state, 'name'),
    message: stringAt(state, 'message') ?? null,
    scheduledUs: scheduled === undefined ? undefined : parseTimestamp(scheduled),
  };
}

export const accepted = (state: JsonObject): Reply =>
  answerJson({ state, status: 'ACCEPT', details: { type: 'accept_details' } }, 201);
