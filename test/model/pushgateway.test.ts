import { describe, test } from 'vitest';
import { expectRulesHold } from './schedules.ts';

describe('the rules of the ledger hold with a Pushgateway, and with too many series', () => {
  test.each(['pgw', 'pgwoverlap', 'pgwheld', 'full'] as const)('%s', { timeout: 1_800_000 }, expectRulesHold);
});
