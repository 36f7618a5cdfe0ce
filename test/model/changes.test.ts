import { describe, test } from 'vitest';
import { expectRulesHold } from './schedules.ts';

describe('the rules of the ledger hold when settings and deployments change', () => {
  test.each(['overlap', 'interval', 'doclost', 'forget'] as const)(
    '%s',
    { timeout: 1_800_000 },
    expectRulesHold,
  );
});
