import { describe, expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { type CollectedTick, collect } from '../../lib/collectors/collect.ts';
import type { Collector } from '../../lib/collectors/collector.ts';
import { deploymentObjectives } from '../../lib/collectors/deployment-objectives.ts';
import { deployments } from '../../lib/collectors/deployments.ts';
import { flows } from '../../lib/collectors/flows.ts';
import { openRuns } from '../../lib/collectors/open-runs.ts';
import { selectCollectors } from '../../lib/collectors/select.ts';
import { workPoolSlots } from '../../lib/collectors/work-pool-slots.ts';
import { workPools } from '../../lib/collectors/work-pools.ts';
import { workQueueLateRuns } from '../../lib/collectors/work-queue-late-runs.ts';
import { workers } from '../../lib/collectors/workers.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { ResourceName, ResourceReader } from '../../lib/prefect/resources.ts';
import { createFakeClock } from '../support/clock.ts';
import { aContext, aDeployment, aSeriesConfig, aWorkspace, noResources } from '../support/fixtures.ts';
import { createReader } from '../support/resource-reader.ts';

function start(collectors: readonly Collector[], reader: ResourceReader) {
  const clock = createFakeClock();
  const limits = { clock, deadline: deadlineIn(10_000, clock) };
  return { clock, tick: collect(collectors, reader, aContext({ deploymentTagLabels: ['team'] }), limits) };
}

const failures = ({ outcomes }: CollectedTick) =>
  outcomes.filter(({ success }) => !success).map(({ collector }) => collector);

const familyNames = ({ families }: CollectedTick) => families.map(({ descriptor }) => descriptor.name);

describe('collect', () => {
  it('asks for each needed resource once, and for no other', async () => {
    const reader = createReader(aWorkspace);
    await start([deployments, deploymentObjectives, openRuns], reader).tick;
    expect([...reader.asked].sort()).toEqual(['deployments', 'openRuns']);
  });

  it('runs every collector when everything is there, and stops its alarm', async () => {
    const { tick, clock } = start(allCollectors, createReader(aWorkspace));
    const { families, outcomes } = await tick;
    expect(outcomes.map(({ collector }) => collector)).toEqual(allCollectors.map(({ name }) => name));
    expect(outcomes.every(({ success, missing }) => success && missing.length === 0)).toBe(true);
    const made = allCollectors.filter(({ kept }) => kept !== true).flatMap((collector) => collector.families);
    expect(families.map(({ descriptor }) => descriptor)).toEqual(made);
    expect(clock.pending()).toBe(0);
  });

  it('a failed resource costs the collectors that need it and nothing else', async () => {
    const error = new Error('status 500');
    const { tick } = start(
      [workPools, workPoolSlots, workQueueLateRuns, flows],
      createReader(aWorkspace, { activeRuns: error }),
    );
    const result = await tick;
    expect(failures(result)).toEqual(['work_pool_slots']);
    expect(familyNames(result)).not.toContain('prefect_work_pool_slots_used');
    expect(familyNames(result)).toContain('prefect_work_pool_ready');
    expect(familyNames(result)).toContain('prefect_work_queue_late_runs');
    expect(result.outcomes[1]).toMatchObject({ success: false, error, missing: ['activeRuns'] });
  });

  it('a collector that throws costs only itself', async () => {
    const broken: Collector = {
      ...workPools,
      name: 'broken',
      needs: ['workPools'],
      collect: () => {
        throw new TypeError('defect');
      },
    };
    const result = await start([broken, flows], createReader(aWorkspace)).tick;
    expect(failures(result)).toEqual(['broken']);
    expect(result.outcomes[0]?.error).toBeInstanceOf(TypeError);
    expect(familyNames(result)).toEqual(['prefect_flows']);
  });

  it('a reader that throws at once, or something that is no error, is contained as well', async () => {
    const reader: ResourceReader = {
      get: () => {
        throw 'no';
      },
    };
    const result = await start([flows], reader).tick;
    expect(result.outcomes[0]).toMatchObject({ success: false, error: new Error('no'), missing: ['flows'] });
  });

  it('what is not whole at the deadline counts as failed, the rest is there', async () => {
    const { tick, clock } = start([workers, flows], createReader(aWorkspace, { workers: 'hangs' }));
    let done = false;
    void tick.then(() => {
      done = true;
    });
    await clock.advance(9_999);
    expect(done).toBe(false);
    await clock.advance(1);
    const result = await tick;
    expect(failures(result)).toEqual(['workers']);
    expect(result.outcomes[0]?.error?.message).toBe('workers was not read in time');
    expect(familyNames(result)).toEqual(['prefect_flows']);
    expect(result.outcomes.map(({ durationMs }) => durationMs)).toEqual([10_000, 0]);
  });

  it('a resource that fails after the deadline is nobody’s unhandled rejection', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const { tick, clock } = start([flows], { get: () => promise });
    await clock.advance(10_000);
    expect(failures(await tick)).toEqual(['flows']);
    reject(new Error('too late'));
    await clock.advance(1);
  });

  it('measures up to the families, waiting for the resources included', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const reader: ResourceReader = {
      // The promise is resolved below with what this resource is in the fixture.
      get: <Name extends ResourceName>() => promise as Promise<(typeof aWorkspace)[Name]>,
    };
    const { tick, clock } = start([flows], reader);
    await clock.advance(1_250);
    resolve(aWorkspace.flows);
    expect((await tick).outcomes[0]).toMatchObject({ success: true, durationMs: 1_250 });
  });

  it('passes on what collectors say about the data', async () => {
    const resources = {
      ...noResources,
      deployments: [aDeployment('etl', 'hourly', { tags: ['slo.freshness:soon', 'team:b', 'team:a'] })],
    };
    const { problems } = await start([deployments, deploymentObjectives], createReader(resources)).tick;
    expect(problems.map(({ slug, found }) => ({ slug, found }))).toEqual([
      { slug: 'tag-unusable', found: 'etl/hourly (a, b)' },
      { slug: 'tag-unusable', found: 'etl/hourly: slo.freshness:soon' },
    ]);
  });
});

describe('selectCollectors', () => {
  const names = (fields: Parameters<typeof aSeriesConfig>[0]) =>
    selectCollectors(allCollectors, aSeriesConfig(fields)).map(({ name }) => name);
  const optIn = ['deployment_versions', 'events', 'next_runs', 'task_runs', 'work_queue_health'];

  it('by default takes the native set without the opt-in collectors', () => {
    const expected = allCollectors
      .map(({ name }) => name)
      .filter((name) => ![...optIn, 'history'].includes(name));
    expect(names({})).toEqual(expected);
  });

  it('adds opt-in collectors to the defaults, or takes only what is named', () => {
    expect(names({ collectors: ['default', 'next_runs'] })).toEqual(
      expect.arrayContaining(['next_runs', 'open_runs']),
    );
    expect(names({ collectors: ['next_runs', 'flows'] })).toEqual(['next_runs', 'flows']);
  });

  it('takes a set only where METRIC_SETS has it', () => {
    expect(names({ metricSets: ['native', 'history'] })).toContain('history');
    expect(names({ metricSets: ['history'] })).toEqual(['history']);
    expect(names({ collectors: ['history'] })).toEqual([]);
  });

  it('leaves out excluded families, and collectors without families', () => {
    const chosen = selectCollectors(
      allCollectors,
      aSeriesConfig({ metricsExclude: /^prefect_(flows|deployment_(info|ready))$/g }),
    );
    expect(chosen.map(({ name }) => name)).not.toContain('flows');
    const kept = chosen.find(({ name }) => name === 'deployments');
    const made = kept?.collect(aWorkspace, aContext()).map(({ descriptor }) => descriptor.name);
    expect(made).toEqual(kept?.families.map(({ name }) => name));
    expect(made).toContain('prefect_deployment_paused');
    expect(made).not.toContain('prefect_deployment_info');
  });

  it('leaves out what lean leaves out', () => {
    const families = (detail: 'deployment' | 'lean') =>
      selectCollectors(allCollectors, aSeriesConfig({ detail })).flatMap((one) =>
        one.families.map(({ name }) => name),
      );
    const missing = families('deployment').filter((name) => !families('lean').includes(name));
    expect(missing).toEqual([
      'prefect_flow_run_duration_seconds',
      'prefect_deployment_ready',
      'prefect_deployment_paused',
    ]);
  });
});
