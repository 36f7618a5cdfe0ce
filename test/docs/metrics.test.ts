import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { renderMetricsDocumentation } from '../../lib/collectors/documentation.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';

const written = readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8');

it('docs/METRICS.md is what the descriptors say (npm run docs)', () => {
  expect(written).toBe(renderMetricsDocumentation());
});

it('every family and every collector is in it', () => {
  const families = [...allCollectors.flatMap((collector) => collector.families), ...selfDescriptors];
  const missing = families.filter(({ name }) => !written.includes(`\n| \`${name}\` `));
  expect(missing).toEqual([]);
  expect(families.length).toBeGreaterThan(50);
  for (const { name } of allCollectors) expect(written).toContain(`### Collector \`${name}\``);
});
