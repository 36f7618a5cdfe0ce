import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { collect } from '../../lib/collectors/collect.ts';
import { openRuns } from '../../lib/collectors/open-runs.ts';
import { selectCollectors } from '../../lib/collectors/select.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { checkFamilies } from '../../lib/metrics/check.ts';
import { countSeries } from '../../lib/metrics/count.ts';
import type { Family, Sample } from '../../lib/metrics/family.ts';
import type { NamedDeployment, NamedRun, Resources } from '../../lib/prefect/resources.ts';
import { createFakeClock } from '../support/clock.ts';
import {
  aContext,
  aDeployment,
  aLimit,
  anUndeployedRun,
  aPool,
  aQueue,
  aRunOf,
  aSeriesConfig,
  aWorker,
  aWorkspace,
  noResources,
} from '../support/fixtures.ts';
import { createReader } from '../support/resource-reader.ts';

const tags = { deploymentTagLabels: ['team'] };

async function collectAll(resources: Resources): Promise<readonly Family[]> {
  const clock = createFakeClock();
  const limits = { clock, deadline: deadlineIn(1_000, clock) };
  return (await collect(allCollectors, createReader(resources), aContext(tags), limits)).families;
}

const deployment = fc
  .record({
    flow: fc.constantFrom('etl', 'report'),
    name: fc.constantFrom('hourly', 'daily', 'x'),
    pool: fc.constantFrom('k8s', 'gpu', null),
    team: fc.constantFrom('a', 'b', undefined),
  })
  .map(({ flow, name, pool, team }) =>
    aDeployment(flow, name, { work_pool_name: pool, tags: team === undefined ? [] : [`team:${team}`] }),
  );

const deploymentList = fc.uniqueArray(deployment, { selector: ({ id }) => id, maxLength: 6 });

const state = fc.constantFrom(
  ['RUNNING', 'Running'],
  ['PENDING', 'Pending'],
  ['SCHEDULED', 'Late'],
  ['PAUSED', 'mine'],
);

const workspaceParts: fc.Arbitrary<{ deployments: readonly NamedDeployment[]; runs: readonly NamedRun[] }> =
  deploymentList.chain((deployments) =>
    fc.record({
      deployments: fc.constant(deployments),
      runs: fc.array(
        fc
          .tuple(state, fc.constantFrom(undefined, ...deployments), fc.constantFrom('k8s', 'other'))
          .map(([[state_type = '', state_name = ''], of, work_pool_name]) =>
            of === undefined
              ? anUndeployedRun('adhoc', { state_type, state_name, work_pool_name })
              : aRunOf(of, { state_type, state_name }),
          ),
        { maxLength: 12 },
      ),
    }),
  );

const sums = (samples: readonly Sample[]) => {
  const totals: Record<string, number> = {};
  for (const { labels, value } of samples.filter((one) => one.value !== 0)) {
    const key = `${labels.flow}/${labels.deployment} ${labels.work_pool} ${labels.team} ${labels.state_type}`;
    totals[key] = (totals[key] ?? 0) + value;
  }
  return totals;
};

describe('properties', () => {
  it('zero-fill never changes a sum, and every open run is counted once', () => {
    fc.assert(
      fc.property(workspaceParts, ({ deployments, runs }) => {
        const open = (zeroFill: boolean) => {
          const families = openRuns.collect({ openRuns: runs, deployments }, aContext({ ...tags, zeroFill }));
          return families[0]?.samples ?? [];
        };
        const [filled, bare] = [open(true), open(false)];
        expect(sums(filled)).toEqual(sums(bare));
        expect(bare.reduce((sum, { value }) => sum + value, 0)).toBe(runs.length);
        expect(filled.length).toBeGreaterThanOrEqual(3 * deployments.length);
      }),
    );
  });

  it('every workspace gives families that pass the check: one label set in each, no duplicates', () => {
    fc.assert(
      fc.property(workspaceParts, ({ deployments, runs }) => {
        const families = openRuns.collect({ openRuns: runs, deployments }, aContext(tags));
        expect(checkFamilies(families, { tags: ['team'], common: [] }).problems).toEqual([]);
      }),
    );
  });

  it('the order in which Prefect lists things does not matter', async () => {
    const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
    const expected = await collectAll(aWorkspace);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          openRuns: shuffled(aWorkspace.openRuns),
          activeRuns: shuffled(aWorkspace.activeRuns),
          deployments: shuffled(aWorkspace.deployments),
          workPools: shuffled(aWorkspace.workPools),
          workQueues: shuffled(aWorkspace.workQueues),
          workers: shuffled(aWorkspace.workers),
          concurrencyLimits: shuffled(aWorkspace.concurrencyLimits),
          flowRunHistory: shuffled(aWorkspace.flowRunHistory),
        }),
        async (lists) => {
          expect(await collectAll({ ...aWorkspace, ...lists })).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });
});

it('200 deployments stay under 8,000 series by default', async () => {
  const range = (n: number) => Array.from({ length: n }, (_, index) => index);
  const deployments = range(200).map((n) =>
    aDeployment(`flow-${n % 30}`, `deployment-${n}`, {
      work_pool_name: `pool-${n % 4}`,
      work_queue_name: `queue-${n % 10}`,
      global_concurrency_limit: n % 10 === 0 ? aLimit(`deployment:${n}`) : null,
      tags: ['slo.freshness:1d'],
    }),
  );
  const runs = deployments.map((one) => aRunOf(one));
  const resources: Resources = {
    ...noResources,
    deployments,
    openRuns: [...runs, ...range(15).map((n) => anUndeployedRun(`adhoc-${n}`))],
    activeRuns: runs,
    workPools: range(4).map((n) => aPool(`pool-${n}`)),
    workQueues: range(10).map((n) => aQueue(`pool-${n % 4}`, `queue-${n}`)),
    workers: range(4).map((n) => ({
      work_pool: `pool-${n}`,
      workers: range(20).map((w) => aWorker(`w-${w}`)),
    })),
    concurrencyLimits: range(20).map((n) => aLimit(`limit-${n}`)),
  };
  const clock = createFakeClock();
  const chosen = selectCollectors(allCollectors, aSeriesConfig());
  const limits = { clock, deadline: deadlineIn(1_000, clock) };
  const { families } = await collect(chosen, createReader(resources), aContext(), limits);
  expect(countSeries(families)).toBeGreaterThan(2_000);
  // The counters and histograms that are to come need some 5,300 for such a workspace.
  expect(countSeries(families)).toBeLessThan(2_600);
});
