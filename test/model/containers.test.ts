import { describe, test } from 'vitest';
import { expectRulesHold } from './schedules.ts';

describe('the rules of the ledger hold in several containers at once', () => {
  test.each(['overlapping', 'held', 'backlog', 'commandline', 'tasks'] as const)(
    '%s',
    { timeout: 1_800_000 },
    expectRulesHold,
  );
});
