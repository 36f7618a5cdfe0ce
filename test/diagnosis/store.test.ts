import { describe, expect, it } from 'vitest';
import { diagnoseStore } from '../../lib/diagnosis/store.ts';
import { StoreConflictError, StoreError, StoreUnclearError } from '../../lib/stores/store.ts';

const s3 = 's3://ledgers/prod/ledger.json.gz';

describe('an error of a store', () => {
  it.each([
    ['denied', 'store-denied'],
    ['full', 'store-full'],
    ['read-only', 'store-read-only'],
    ['not-found', 'store-not-found'],
    ['timeout', 'store-unreachable'],
    ['unreachable', 'store-unreachable'],
    ['other', 'store-failed'],
  ] as const)('for the reason %s is %s', (reason, slug) => {
    for (const place of [s3, 'file:/var/lib/ledger.json.gz']) {
      const problem = diagnoseStore(new StoreError(place, reason, 'it said no'));
      expect(problem).toMatchObject({ slug, found: `${place}: it said no`, do: expect.any(String) });
      expect(problem?.message).toContain(place);
    }
  });

  it('is told by its kind where it is a race or has no answer', () => {
    expect(diagnoseStore(new StoreConflictError(s3, 'x'))?.slug).toBe('store-locked');
    expect(diagnoseStore(new StoreUnclearError(s3, 'x'))?.slug).toBe('store-unreachable');
  });

  it('is found behind another error, and nothing else is', () => {
    const cause = new StoreError(s3, 'full', 'x');
    expect(diagnoseStore(new Error('the tick failed', { cause }))?.slug).toBe('store-full');
    expect(diagnoseStore(new Error('something else'))).toBeUndefined();
  });
});
