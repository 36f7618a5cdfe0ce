import { describe, test } from 'vitest';
import { expectRulesHold } from './schedules.ts';

describe('the rules of the ledger hold in ordinary trouble', () => {
  test.each(['calm', 'base', 'persample', 'prefect'] as const)('%s', { timeout: 1_800_000 }, expectRulesHold);
});
