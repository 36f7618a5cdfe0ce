import { expect, it } from 'vitest';
import { describeBy } from '../../lib/metrics/description.ts';
import type { FamilyDescriptor } from '../../lib/metrics/family.ts';

it('a family is described by its name, the first of two counts', () => {
  const descriptor = (name: string, help: string): FamilyDescriptor => ({
    name,
    help,
    type: 'gauge',
    labels: [],
  });
  const describe = describeBy([descriptor('a', 'First.'), descriptor('b', 'B.'), descriptor('a', 'Second.')]);
  expect(describe('a')?.help).toBe('First.');
  expect(describe('b')?.help).toBe('B.');
  expect(describe('c')).toBeUndefined();
});
