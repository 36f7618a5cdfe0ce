import { describe, expect, test } from 'vitest';
import { tryMutation } from './mutate.ts';
import { mutations } from './mutations.ts';

/** All of them take some minutes: MODEL_MUTATIONS=all runs them. */
const chosen = mutations.filter(({ quick }) => process.env.MODEL_MUTATIONS === 'all' || quick === true);

describe('the model notices', () => {
  test.each(chosen)('$name', { timeout: 300_000 }, async (mutation) => {
    expect(await tryMutation(mutation)).toMatchObject({ isCaught: true });
  });
});
