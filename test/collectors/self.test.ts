import { describe, expect, it } from 'vitest';
import { type SelfReport, selfDescriptors, selfFamilies } from '../../lib/collectors/self.ts';
import { checkFamilies } from '../../lib/metrics/check.ts';
import { countSeries } from '../../lib/metrics/count.ts';
import { exposition } from '../support/exposition.ts';
import { noonMs } from '../support/fixtures.ts';

const report: SelfReport = {
  version: '0.1.0',
  tickMs: noonMs,
  intervalSeconds: 60,
  phaseDurationsMs: { read: 1_250, push: 84 },
  outcomes: [
    { collector: 'flows', success: true, durationMs: 250, missing: [] },
    {
      collector: 'workers',
      success: false,
      durationMs: 10_000,
      missing: ['workers'],
      error: new Error('late'),
    },
  ],
  seriesByFamily: new Map([
    ['prefect_flows', 1],
    ['prefect_flow_runs_open', 640],
  ]),
  lastSuccessesMs: new Map([
    ['flows', noonMs],
    ['workers', noonMs - 180_000],
  ]),
  maxSeries: 20_000,
  prefectAnswered: true,
  ledger: {
    createdMs: noonMs - 86_400_000,
    bytes: 51_200,
    cursorsUs: new Map([
      ['finished_runs', (noonMs - 60_000) * 1000],
      ['events', (noonMs - 90_000) * 1000],
    ]),
    waitingSamples: 640,
    oldestWaitingMs: noonMs - 120_000,
  },
};

describe('selfFamilies', () => {
  it('gives the families of its golden file', async () => {
    await expect(exposition(selfFamilies(report))).toMatchFileSnapshot('../golden/self.prom');
  });

  it('passes the check and is all that is documented', () => {
    const { families, problems } = checkFamilies(selfFamilies(report), { tags: [], common: [] });
    expect(problems).toEqual([]);
    const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).sort();
    expect(names(families.map(({ descriptor }) => descriptor))).toEqual(names(selfDescriptors));
  });

  it('its count of series is that of everything that goes out', () => {
    const families = selfFamilies(report);
    const counts = families.find(({ descriptor }) => descriptor.name === 'prefect_exporter_series');
    const total = counts?.samples.reduce((sum, { value }) => sum + value, 0);
    expect(total).toBe(641 + countSeries(families));
  });

  it('there is something to send when nothing could be read', () => {
    const empty = selfFamilies({
      ...report,
      outcomes: [],
      seriesByFamily: new Map(),
      phaseDurationsMs: {},
      prefectAnswered: false,
    });
    const text = exposition(empty);
    expect(text).toContain('prefect_up 0');
    expect(text).toContain('prefect_exporter_series{family="prefect_exporter_series"} 12');
  });
});
