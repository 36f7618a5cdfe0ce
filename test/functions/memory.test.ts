import { expect, test } from 'vitest';
import { createFunctionMemory } from '../../functions/memory.ts';

const memoryOf = (limit: string, peaks: readonly number[]) => {
  const left = [...peaks];
  return createFunctionMemory({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: limit }, () => left.shift() ?? 0);
};

test('outside Lambda there is nothing to say', () => {
  const memory = createFunctionMemory({}, () => 1_000);
  expect([memory.fields(), memory.beforeTick(), memory.afterTick()]).toEqual([{}, [], []]);
});

test('each line has what was held at most, and what there is', () => {
  expect(memoryOf('256', [111.6]).fields()).toEqual({ memoryMb: { peak: 112, limit: 256 } });
});

test('128 MB are warned of once, 192 are not', () => {
  const little = memoryOf('128', []);
  expect(little.beforeTick()).toMatchObject([{ slug: 'memory-short', found: '128 MB' }]);
  expect(little.beforeTick()).toEqual([]);
  expect(memoryOf('191', []).beforeTick()).toHaveLength(1);
  expect(memoryOf('192', []).beforeTick()).toEqual([]);
});

test('nine tenths are warned of once', () => {
  const memory = memoryOf('256', [230.3, 230.5, 250]);
  expect(memory.afterTick()).toEqual([]);
  expect(memory.afterTick()).toMatchObject([{ slug: 'memory-short', found: '231 of 256 MB' }]);
  expect(memory.afterTick()).toEqual([]);
});
