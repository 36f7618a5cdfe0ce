import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../functions/event.ts';

const at = Date.UTC(2026, 10, 20, 10, 0, 0);

/** As EventBridge sends it for a rule with a schedule. */
const ruleEvent = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-11-20T10:00:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:events:eu-west-1:123456789012:rule/every-minute'],
  detail: {},
};

describe('parseEvent', () => {
  test.each([
    ['an event of EventBridge', ruleEvent, at],
    ['the input of our schedule', { scheduledTime: '2026-11-20T10:00:00Z' }, at],
    ['with a fraction', { scheduledTime: '2026-11-20T10:00:00.250Z' }, at + 250],
    ['with an offset', { scheduledTime: '2026-11-20T11:00:00+01:00' }, at],
    ['both: ours wins', { ...ruleEvent, scheduledTime: '2026-11-20T10:01:00Z' }, at + 60_000],
    ['nothing', {}, undefined],
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['a text', 'now', undefined],
    ['a list', [], undefined],
    ['a template that was not filled in', { scheduledTime: '<aws.scheduler.scheduled-time>' }, undefined],
    ['a number', { scheduledTime: at }, undefined],
    ['a time that does not exist', { time: '2026-13-40T10:00:00Z' }, undefined],
    ['a time without zone', { time: '2026-11-20T10:00:00' }, undefined],
    ['a check that is not wanted', { check: false }, undefined],
    ['a check in words', { check: 'true' }, undefined],
  ])('%s', (_, event, scheduledMs) => {
    expect(parseEvent(event)).toEqual({ kind: 'tick', scheduledMs, workspace: undefined });
  });

  test('a check, whatever stands beside it', () => {
    expect(parseEvent({ check: true })).toEqual({ kind: 'check', workspace: undefined });
    expect(parseEvent({ ...ruleEvent, check: true })).toMatchObject({ kind: 'check' });
  });

  test.each([
    [{ workspace: 'prod' }, 'prod'],
    [{ ...ruleEvent, workspace: 'prod' }, 'prod'],
    [{ check: true, workspace: 'prod' }, 'prod'],
    [{ workspace: '' }, ''],
    [{ workspace: null }, undefined],
    [{ workspace: 7 }, '<number>'],
    [{ workspace: { name: 'prod' } }, '<object>'],
  ])('%j is for the workspace %s', (event, workspace) => {
    expect(parseEvent(event).workspace).toBe(workspace);
  });

  test('never throws, and any other event is a tick', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        const parsed = parseEvent(event);
        expect(parsed.kind === 'check' || Number.isFinite(parsed.scheduledMs ?? 0)).toBe(true);
      }),
    );
  });
});
