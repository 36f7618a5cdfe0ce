import { describe, expect, it } from 'vitest';
import { flows } from '../../lib/collectors/flows.ts';
import { workPools } from '../../lib/collectors/work-pools.ts';
import { workers } from '../../lib/collectors/workers.ts';
import { workspace } from '../../lib/collectors/workspace.ts';
import type { SeriesConfig } from '../../lib/config/config.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { gather } from '../../lib/gather.ts';
import type { Resources } from '../../lib/prefect/resources.ts';
import { createFakeClock } from '../support/clock.ts';
import { aPool, aSeriesConfig, aWorkspace } from '../support/fixtures.ts';
import { createReader } from '../support/resource-reader.ts';

function gathered(resources: Resources, fields: Partial<SeriesConfig> = {}) {
  const clock = createFakeClock();
  const options = {
    clock,
    collectors: [flows, workers, workPools, workspace],
    series: aSeriesConfig(fields),
    intervalSeconds: 60,
    reader: createReader(resources, { workers: new Error('status 500') }),
    prefectAnswered: () => true,
  };
  return gather(options, clock.now(), deadlineIn(10_000, clock));
}

describe('gathered by collector', () => {
  it('is everything that goes out, of the collectors that succeeded and of the exporter itself', async () => {
    const { families, byCollector } = await gathered(aWorkspace);
    expect(byCollector.map(({ collector }) => collector)).toEqual([
      'flows',
      'work_pools',
      'workspace',
      'self',
    ]);
    expect(byCollector.flatMap((one) => one.families)).toEqual(families);
    for (const { produced, families: sent } of byCollector) {
      expect(sent.length).toBeGreaterThan(0);
      // Nothing was left out: the very objects, so that nobody need compare them series by series.
      expect(sent.every((family) => produced.includes(family))).toBe(true);
    }
  });

  it('has what the check left out among what was produced', async () => {
    const twins = { ...aWorkspace, workPools: [aPool('twin'), aPool('twin')] };
    const { byCollector } = await gathered(twins);
    const pools = byCollector.find(({ collector }) => collector === 'work_pools');
    const names = (key: 'produced' | 'families') => pools?.[key].map(({ descriptor }) => descriptor.name);
    expect(names('produced')).toContain('prefect_work_pool_info');
    expect(names('families')).not.toContain('prefect_work_pool_info');
    const labels = pools?.produced[0]?.samples[0]?.labels;
    expect(labels).toMatchObject({ workspace: 'prod', job: 'prefect-exporter' });
  });

  it('has what the limit left out among what was produced, and the self-metrics as they go out', async () => {
    const { byCollector, families } = await gathered(aWorkspace, { maxSeries: 1 });
    expect(byCollector.map((one) => [one.collector, one.families.length > 0])).toEqual([
      ['flows', false],
      ['work_pools', false],
      ['workspace', false],
      ['self', true],
    ]);
    expect(byCollector.every(({ produced }) => produced.length > 0)).toBe(true);
    expect(byCollector.at(-1)?.families).toEqual(families);
  });
});
