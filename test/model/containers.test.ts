import { describe, test } from 'vitest';
import { expectRulesHold } from './schedules.ts';

describe('the rules of the ledger hold in several containers at once', () => {
  test.each(['overlapping', 'backlog', 'commandline', 'tasks'] as const)(
    '%s',
    { timeout: 900_000 },
    expectRulesHold,
  );
});
