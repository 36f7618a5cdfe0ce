import { describe, expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { encodeText } from '../../lib/encode/text.ts';
import { entrySamples } from '../../lib/ledger/outbox.ts';
import { describeBy } from '../../lib/metrics/description.ts';
import type { NamedFinishedRun, NamedFinishedTaskRun, Resources } from '../../lib/prefect/resources.ts';
import { createAdvancing } from '../support/advanced.ts';
import { aDeployment, aFinishedRunOf, aRunOf, noonMs, noResources } from '../support/fixtures.ts';

/** µs after noon, as Prefect writes it. */
const at = (seconds: number): string => new Date(noonMs + seconds * 1000).toISOString().replace('Z', '000Z');

const hourly = aDeployment('etl', 'hourly', { tags: ['team:data'] });
const nightly = aDeployment('etl', 'nightly', { paused: true });
const served = aDeployment('report', 'daily', { work_pool_name: null, work_queue_name: null });

const finish = (id: string, fields: Partial<NamedFinishedRun>): NamedFinishedRun =>
  aFinishedRunOf(hourly, {
    id,
    expected_start_time: at(0),
    start_time: at(3),
    end_time: at(20),
    ...fields,
  });

const crashed = { state_type: 'CRASHED', state_name: 'Crashed' } as const;
const failed = { state_type: 'FAILED', state_name: 'Failed' } as const;

const firstMinute: readonly NamedFinishedRun[] = [
  finish('short', { total_run_time: 10.5 }),
  finish('long', { total_run_time: 5_000.25, start_time: at(50), end_time: at(55) }),
  finish('at the bound', { total_run_time: 15, end_time: at(60) }),
  finish('with retries', { ...failed, run_count: 3, total_run_time: 40 }),
  finish('timed out', { ...failed, state_name: 'TimedOut', total_run_time: 60 }),
  finish('own name', { state_name: 'My own name', total_run_time: 16 }),
  finish('never ran', {
    state_type: 'CANCELLED',
    state_name: 'Cancelled',
    start_time: at(20),
    run_count: 0,
    total_run_time: 0,
  }),
  finish('subflow', { parent_task_run_id: 'task-run', deployment_id: null, deployment: undefined }),
  finish('by hand', { auto_scheduled: false, created_by_type: 'DEPLOYMENT', total_run_time: 90 }),
  finish('of a deployment that is gone', {
    ...crashed,
    deployment_id: 'gone',
    deployment: undefined,
    created_by_type: 'AUTOMATION',
    auto_scheduled: false,
  }),
  { ...aFinishedRunOf(served, { id: 'served', end_time: at(40), start_time: at(30) }) },
];

/** The run with retries was retried by hand after its end: only its last attempt is new. */
const secondMinute = [finish('with retries', { run_count: 4, total_run_time: 47.5, end_time: at(90) })];

const before = [
  aFinishedRunOf(nightly, { ...failed, id: 'last night', end_time: at(-40_000), total_run_time: 120 }),
  aFinishedRunOf(nightly, { id: 'the night before', end_time: at(-126_400), total_run_time: 3_600 }),
];

const aTaskRun = (id: string, fields: Partial<NamedFinishedTaskRun>): NamedFinishedTaskRun => ({
  id,
  flow_id: hourly.flow_id,
  flow_run_id: 'short',
  state_type: 'COMPLETED',
  end_time: at(18),
  total_run_time: 2,
  run_count: 1,
  flow: 'etl',
  ...fields,
});

function resourcesAt(minute: number, changed: Partial<Resources>): Resources {
  const upToUs = (noonMs + minute * 60_000) * 1000;
  return {
    ...noResources,
    deployments: [hourly, nightly, served],
    openRuns: [aRunOf(hourly, { id: 'open', expected_start_time: at(-600), start_time: at(30) })],
    finishedRuns: { runs: [], upToUs },
    finishedTaskRuns: { runs: [], upToUs },
    ...changed,
  };
}

const windowAt = (minute: number) => ({
  startMs: noonMs + (minute - 2) * 60_000,
  endMs: noonMs + (minute - 1) * 60_000,
});

const ticks: readonly Partial<Resources>[] = [
  { recentRuns: before },
  {
    finishedRuns: { runs: firstMinute, upToUs: (noonMs + 60_000) * 1000 },
    finishedTaskRuns: {
      runs: [aTaskRun('one', {}), aTaskRun('two', { state_type: 'FAILED' }), aTaskRun('three', { flow: '' })],
      upToUs: (noonMs + 60_000) * 1000,
    },
    eventCounts: [
      {
        window: windowAt(1),
        counts: new Map([
          ['prefect.flow-run.Completed', 7],
          ['my.own', 2],
          ['my.other', 3],
        ]),
      },
    ],
  },
  {
    finishedRuns: { runs: [...firstMinute, ...secondMinute], upToUs: (noonMs + 120_000) * 1000 },
    eventCounts: [{ window: windowAt(1), counts: new Map([['prefect.flow-run.Completed', 8]]) }],
  },
];

const kept = allCollectors.filter((collector) => collector.kept);
const describeFamily = describeBy(kept.flatMap(({ families }) => families));

/** What a Pushgateway would get of these families after the ticks. */
async function textOf(environment: Readonly<Record<string, string>>, families: readonly string[]) {
  const one = createAdvancing(
    { COLLECTORS: 'default,task_runs,events', DEPLOYMENT_TAG_LABELS: 'team', ...environment },
    noonMs,
  );
  for (const [minute, changed] of ticks.entries()) {
    await one.tick({ nowMs: noonMs + minute * 60_000, resources: resourcesAt(minute, changed) });
  }
  const entry = one.ledger.outbox.entries.at(-1);
  const samples = entry === undefined ? [] : entrySamples(entry);
  const chosen = samples.filter(({ series }) => families.includes(series.family));
  expect(new Set(chosen.map(({ series }) => series.family))).toEqual(new Set(families));
  return encodeText(chosen, describeFamily);
}

const namesOf = (families: readonly { readonly name: string }[]) => families.map(({ name }) => name);

describe('families of the ledger', () => {
  it.each(kept.map((one) => [one.name, one] as const))('%s: as in its golden file', async (name, one) => {
    const text = await textOf({}, namesOf(one.families));
    await expect(text).toMatchFileSnapshot(`../golden/${name}.prom`);
  });

  it('with the other label sets: as in their golden file', async () => {
    const environment = {
      RUN_LABELS: 'trigger',
      DETAIL: 'flow',
      DURATION_STATE_TYPES: 'COMPLETED,FAILED',
      DURATION_BUCKETS: '30,60.5',
      START_DELAY_BY: 'deployment',
      START_DELAY_BUCKETS: '2.5',
    };
    const families = kept.slice(0, 2).flatMap((one) => one.families);
    const text = await textOf(environment, namesOf(families));
    await expect(text).toMatchFileSnapshot('../golden/finished_runs_other_labels.prom');
  });
});
