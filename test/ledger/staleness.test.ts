import { beforeEach, describe, expect, test } from 'vitest';
import { endedSeries } from '../../lib/ledger/staleness.ts';
import type { Series } from '../../lib/metrics/series.ts';
import { aSeries } from './fixtures.ts';

const [a, b, c] = [aSeries('a'), aSeries('b'), aSeries('c')] as const;
let lastSets: Map<string, readonly Series[]>;

const success = (collector: string, sent: readonly Series[], hidden: readonly Series[] = []) => ({
  collector,
  sent,
  alive: new Set([...sent, ...hidden]),
});

beforeEach(() => {
  lastSets = new Map([['deployments', [a, b]]]);
});

describe('endedSeries', () => {
  test('are those that a success does not have any more, once', () => {
    expect(endedSeries(lastSets, [success('deployments', [a])])).toEqual([b]);
    expect(endedSeries(lastSets, [success('deployments', [a])])).toEqual([]);
    expect(endedSeries(lastSets, [success('deployments', [])])).toEqual([a]);
  });

  test('are none while the collector fails, and come with its next success', () => {
    expect(endedSeries(lastSets, [])).toEqual([]);
    expect(endedSeries(lastSets, [success('pools', [c])])).toEqual([]);
    expect(endedSeries(lastSets, [success('deployments', [b])])).toEqual([a]);
  });

  test('are none of those that a check or a limit leaves out', () => {
    expect(endedSeries(lastSets, [success('deployments', [a], [b])])).toEqual([]);
  });

  test('are none of those that another collector sends now', () => {
    expect(endedSeries(lastSets, [success('deployments', [a]), success('pools', [b])])).toEqual([]);
  });

  test('have one marker when two collectors had them', () => {
    lastSets.set('pools', [b]);
    expect(endedSeries(lastSets, [success('deployments', [a]), success('pools', [])])).toEqual([b]);
  });
});
