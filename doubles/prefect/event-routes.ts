import type { Reply } from '../server.ts';
import { answerJson, type Call, detail, noContent, type Route } from './call.ts';
import { isObject, type JsonObject, objectAt, stringAt, stringsAt } from './json.ts';
import type { EventRecord } from './records.ts';
import { formatTimestamp, parseTimestamp } from './timestamps.ts';

/** Counts of events by name (api/events.py). */
export const eventRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/events/count-by/event',
    fields: (context) => ({ filter: context.shapes.events }),
    required: ['filter'],
    answer: (call) => whereKept(call, () => answerJson(countByName(call))),
  },
];

const eventsAreOff = 'Events are not enabled. Please enable the PREFECT_EXPERIMENTAL_EVENTS setting.';

const whereKept = ({ context }: Call, answer: () => Reply): Reply =>
  context.keepsEvents ? answer() : detail(eventsAreOff, 404);

function countByName({ context, body }: Call): JsonObject[] {
  const filter = objectAt(body, 'filter');
  const { zone } = context.dialect;
  const matching = context.workspace.events.filter(
    (event) =>
      occurredWithin(event, objectAt(filter, 'occurred')) && isNamed(event, objectAt(filter, 'event')),
  );
  return [...Map.groupBy(matching, ({ event }) => event)].map(([name, events]) => {
    const times = events.map(({ occurredUs }) => occurredUs);
    return {
      value: name,
      label: name,
      count: events.length,
      start_time: formatTimestamp(Math.min(...times), zone),
      end_time: formatTimestamp(Math.max(...times), zone),
    };
  });
}

/** Both ends belong to the window. */
function occurredWithin({ occurredUs }: EventRecord, window: JsonObject | undefined): boolean {
  const since = parseTimestamp(stringAt(window, 'since') ?? '') ?? Number.NEGATIVE_INFINITY;
  const until = parseTimestamp(stringAt(window, 'until') ?? '') ?? Number.POSITIVE_INFINITY;
  return occurredUs >= since && occurredUs <= until;
}

function isNamed({ event }: EventRecord, filter: JsonObject | undefined): boolean {
  const starts = (key: string) => stringsAt(filter, key)?.some((start) => event.startsWith(start));
  return (
    starts('prefix') !== false &&
    starts('exclude_prefix') !== true &&
    stringsAt(filter, 'name')?.includes(event) !== false &&
    stringsAt(filter, 'exclude_name')?.includes(event) !== true
  );
}

/** The entry by which clients send events; part of the writes. */
export const receiveEvents = (call: Call): Reply =>
  whereKept(call, () => {
    for (const item of call.items.filter(isObject)) {
      const occurredUs = parseTimestamp(stringAt(item, 'occurred') ?? '');
      const event = stringAt(item, 'event');
      if (occurredUs !== undefined && event !== undefined) {
        call.context.workspace.events.push({ event, occurredUs });
      }
    }
    return noContent;
  });
