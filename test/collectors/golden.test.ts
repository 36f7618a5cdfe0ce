import { describe, expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import type { Collector } from '../../lib/collectors/collector.ts';
import { checkFamilies } from '../../lib/metrics/check.ts';
import { exposition } from '../support/exposition.ts';
import { aContext, aSeriesConfig, aWorkspace } from '../support/fixtures.ts';

const tags = ['team'];

const collected = (collector: Collector) =>
  collector.collect(aWorkspace, aContext({ deploymentTagLabels: tags }));

const named = (collectors: readonly Collector[]) =>
  collectors.map((collector) => [collector.name, collector] as const);

const isKept = ({ kept }: Collector) => kept === true;

// Those of the ledger have theirs in test/advance/golden.test.ts.
describe.each(named(allCollectors.filter((one) => !isKept(one))))('%s', (name, collector) => {
  it('gives the families of its golden file', async () => {
    await expect(exposition(collected(collector))).toMatchFileSnapshot(`../golden/${name}.prom`);
  });

  it('gives every family it lists and no other, all fit to send', () => {
    const families = collected(collector);
    const { families: good, problems } = checkFamilies(families, { tags, common: [] });
    expect(problems).toEqual([]);
    expect(good.map(({ descriptor }) => descriptor)).toEqual(collector.families);
  });
});

it.each(named(allCollectors.filter(isKept)))('%s leaves its families to the ledger', (_, collector) => {
  expect(collected(collector)).toEqual([]);
  expect(collector.families.length).toBeGreaterThan(0);
});

describe.each(named(allCollectors))('%s', (_, collector) => {
  it('reads only what it lists as needed', () => {
    const needs: readonly string[] = collector.needs;
    const guarded = new Proxy(aWorkspace, {
      get: (target, property) => {
        if (!needs.includes(String(property))) throw new Error(`reads ${String(property)}`);
        return Reflect.get(target, property);
      },
    });
    const context = aContext({ deploymentTagLabels: tags });
    expect(() => collector.collect(guarded, context)).not.toThrow();
    expect(() => collector.problems?.(guarded, context)).not.toThrow();
  });
});

it('names are unique: collectors, and families over all of them', () => {
  const names = allCollectors.map(({ name }) => name);
  const families = allCollectors.flatMap((collector) => collector.families.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(families).size).toBe(families.length);
  expect(families.length).toBeGreaterThan(40);
  expect(aSeriesConfig().collectors).toBeUndefined();
});

it('a server without automations has no count of them, instead of a zero', () => {
  const collector = allCollectors.find(({ name }) => name === 'automations');
  expect(collector?.collect({ ...aWorkspace, automationCount: undefined }, aContext({}))).toEqual([]);
});
