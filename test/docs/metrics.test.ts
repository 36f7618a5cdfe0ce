import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { renderMetricsDocumentation } from '../../lib/collectors/documentation.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';
import { ownCounters } from '../../lib/ledger/own-counters.ts';

const written = readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8');

it('docs/METRICS.md is what the descriptors say (npm run docs)', () => {
  expect(written).toBe(renderMetricsDocumentation());
});

it('every family and every collector is in it', () => {
  const collected = allCollectors.flatMap((collector) => collector.families);
  const families = [...collected, ...selfDescriptors, ...ownCounters];
  const missing = families.filter(({ name }) => !written.includes(`\n| \`${name}\` `));
  expect(missing).toEqual([]);
  expect(families.length).toBeGreaterThan(50);
  for (const { name } of allCollectors) expect(written).toContain(`### Collector \`${name}\``);
});
