import { describe, expect, test } from 'vitest';
import { seedingNeeds } from '../../lib/ledger/fold.ts';
import { aLedger, minuteMs, startMs, theSettings } from './fixtures.ts';

describe('seeding', () => {
  test('is tried until it is done, for an hour at most', () => {
    const ledger = aLedger();
    expect(seedingNeeds(ledger, theSettings(), startMs)).toEqual(['recentRuns']);
    expect(seedingNeeds(ledger, theSettings(), startMs + 59 * minuteMs)).toEqual(['recentRuns']);
    expect(seedingNeeds(ledger, theSettings(), startMs + 60 * minuteMs)).toEqual([]);
    expect(seedingNeeds({ ...ledger, seeded: true }, theSettings(), startMs)).toEqual([]);
  });

  test('is not tried where nobody wants to know of finished runs', () => {
    const sources = { finishedRuns: false, finishedTaskRuns: true, events: true };
    expect(seedingNeeds(aLedger(), theSettings({ sources }), startMs)).toEqual([]);
  });
});
