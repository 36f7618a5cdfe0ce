import { describe, test } from 'vitest';
import { expectRulesHold } from './schedules.ts';

describe('the rules of the ledger hold after long outages', () => {
  test.each(['longout', 'old500', 'longmiss', 'hour', 'catchup'] as const)(
    '%s',
    { timeout: 1_800_000 },
    expectRulesHold,
  );
});
