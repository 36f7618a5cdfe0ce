import { describe, expect, test } from 'vitest';
import { tryMutation } from './mutate.ts';
import { mutations } from './mutations.ts';

describe('the model notices', () => {
  test.each(mutations)('$name', { timeout: 300_000 }, async (mutation) => {
    expect(await tryMutation(mutation)).toMatchObject({ isCaught: true });
  });
});
