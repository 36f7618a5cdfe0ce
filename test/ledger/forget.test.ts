import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { LedgerSettings } from '../../lib/ledger/settings.ts';
import type { NamedDeployment } from '../../lib/prefect/resources.ts';
import { aDeployment } from '../support/fixtures.ts';
import {
  aFinish,
  anOpen,
  dayMs,
  deployment,
  foldAt,
  minuteMs,
  startedLedger,
  startMs,
  theSettings,
} from './fixtures.ts';

const finished = 'prefect_flow_runs_finished_total';
const retention = 30 * dayMs;
const counted = startMs + minuteMs;

/** Family and place of what is left. */
const left = ({ sources }: Ledger): readonly string[] =>
  [...sources.finishedRuns.series.values()].map(
    ({ family, labels: { flow, deployment: name, work_pool: pool, team = '' } }) =>
      [family.replace('prefect_flow_run', ''), flow, name, pool, team].filter(Boolean).join(' '),
  );

/** A ledger that counted ends under one set of settings. */
function ledgerOf(runs: Parameters<typeof aFinish>[1][], settings = theSettings()): Ledger {
  const ledger = startedLedger(settings);
  const ends = runs.map((fields, index) => aFinish(counted - 1_000, { id: `run-${index}`, ...fields }));
  foldAt(ledger, counted, { runs: ends }, settings);
  return ledger;
}

const quiet = (
  ledger: Ledger,
  deployments: readonly NamedDeployment[],
  { settings = theSettings(), afterMs = retention }: { settings?: LedgerSettings; afterMs?: number } = {},
) => foldAt(ledger, counted + afterMs, { deployments }, settings);

const only = (family: string) => ({ wants: (name: string) => name === family });

describe('a label set that does not change', () => {
  test('stays for ever while its deployment is listed', () => {
    const ledger = ledgerOf([{}, { deployment: undefined, flow: 'etl' }]);
    const before = left(ledger);
    expect(before).toEqual([
      's_finished_total etl hourly k8s',
      '_retries_total etl hourly k8s',
      '_duration_seconds etl hourly k8s',
      's_finished_total etl',
      '_retries_total etl',
      '_duration_seconds etl',
    ]);
    quiet(ledger, [deployment], { afterMs: 400 * dayMs });
    expect(left(ledger)).toEqual(before);
  });

  test.each([
    [retention - minuteMs, 1],
    [retention, 0],
  ])('of a deployment that is gone leaves after the retention (%d ms)', (afterMs, series) => {
    const settings = theSettings(only(finished));
    const ledger = ledgerOf([{}], settings);
    quiet(ledger, [], { settings, afterMs });
    expect(left(ledger)).toHaveLength(series);
  });

  test.each<[string, NamedDeployment]>([
    ['pool', { ...deployment, work_pool_name: 'ecs' }],
    ['queue', { ...deployment, work_queue_name: 'high' }],
    ['name', aDeployment('etl', 'daily')],
  ])('of a deployment with another %s leaves', (_, changed) => {
    const settings = theSettings(only(finished));
    const ledger = ledgerOf([{}], settings);
    quiet(ledger, [changed], { settings });
    expect(left(ledger)).toEqual([]);
  });

  test('of a deployment with another promoted tag leaves', () => {
    const tagLabels = (one: NamedDeployment | undefined) => ({ team: one?.tags[0] ?? '' });
    const settings = theSettings({ ...only(finished), tagLabels });
    const tagged = (team: string) => ({ ...deployment, tags: [team] });
    const ledger = ledgerOf([{ deployment: tagged('data') }, { deployment: tagged('ml') }], settings);
    quiet(ledger, [tagged('ml')], { settings });
    expect(left(ledger)).toEqual(['s_finished_total etl hourly k8s ml']);
  });

  test('of a deployment that a filter leaves out leaves', () => {
    const ledger = ledgerOf([{}], theSettings(only(finished)));
    const selection = { ...theSettings().selection, flow: (name: string) => name !== 'etl' };
    quiet(ledger, [deployment], { settings: theSettings({ ...only(finished), selection }) });
    expect(left(ledger)).toEqual([]);
  });

  test.each<[string, Partial<LedgerSettings>, Partial<LedgerSettings>]>([
    ['got', {}, { trigger: true }],
    ['lost', { trigger: true }, {}],
    ['lost a promoted', { tagLabels: () => ({ team: '' }) }, {}],
    ['got a promoted', {}, { tagLabels: () => ({ team: '' }) }],
  ])('of a family that %s label leaves', (_, before, after) => {
    const ledger = ledgerOf([{}], theSettings({ ...only(finished), ...before }));
    const settings = theSettings({ ...only(finished), ...after });
    quiet(ledger, [deployment], { settings, afterMs: retention - minuteMs });
    expect(left(ledger)).toHaveLength(1);
    quiet(ledger, [deployment], { settings });
    expect(left(ledger)).toEqual([]);
  });

  test('stays when deployments or ends are not read, or not all', () => {
    const ledger = ledgerOf([{}]);
    const before = left(ledger);
    const laterMs = counted + 2 * retention;
    foldAt(ledger, laterMs, {});
    foldAt(ledger, laterMs + minuteMs, { finishedRuns: undefined, deployments: [] });
    foldAt(ledger, laterMs + 2 * minuteMs, { deployments: [], upToMs: laterMs + minuteMs });
    expect(left(ledger)).toEqual(before);
    foldAt(ledger, laterMs + 3 * minuteMs, { deployments: [] });
    expect(left(ledger)).toEqual([]);
  });

  test('starts at 0 when it comes back', () => {
    const settings = theSettings(only(finished));
    const ledger = ledgerOf([{}], settings);
    quiet(ledger, [], { settings });
    const laterMs = counted + retention + minuteMs;
    foldAt(ledger, laterMs, { runs: [aFinish(laterMs - 1_000)] }, settings);
    expect([...ledger.sources.finishedRuns.series.values()]).toMatchObject([
      { value: 1, createdMs: laterMs, bornIn: undefined },
    ]);
  });

  test('of task runs leaves with its flow, also where flow runs are not read', () => {
    const settings = theSettings();
    const ledger = startedLedger(settings);
    const taskRuns = (nowMs: number, flows: readonly string[]) => ({
      finishedRuns: undefined,
      finishedTaskRuns: {
        runs: flows.map((flow) => ({ ...aFinish(nowMs - 1_000, { id: flow }), flow, flow_run_id: null })),
        upToUs: nowMs * 1000,
      },
    });
    foldAt(ledger, counted, taskRuns(counted, ['etl', 'gone']), settings);
    foldAt(ledger, counted + retention, { ...taskRuns(0, []), deployments: [deployment] }, settings);
    const flows = () => [
      ...new Set([...ledger.sources.finishedTaskRuns.series.values()].map(({ labels }) => labels.flow)),
    ];
    expect(flows()).toEqual(['etl', 'gone']);
    const wholeMs = counted + retention + minuteMs;
    foldAt(ledger, wholeMs, { ...taskRuns(wholeMs, []), deployments: [deployment] }, settings);
    expect(flows()).toEqual(['etl']);
  });
});

describe('what the settings leave out', () => {
  test('leaves at once, also when nothing is read', () => {
    const ledger = ledgerOf([{}]);
    const settings = theSettings(only(finished));
    foldAt(ledger, counted + minuteMs, { finishedRuns: undefined }, settings);
    expect(left(ledger)).toEqual(['s_finished_total etl hourly k8s']);
  });

  test('is histograms by deployment with DETAIL=flow, but not those without room', () => {
    const settings = theSettings(only('prefect_flow_run_duration_seconds'));
    const ledger = ledgerOf([{}, { deployment: undefined, flow: 'adhoc' }], settings);
    const full = { left: 0, folded: 0, isFull: false };
    const other = aFinish(counted + 1_000, { deployment: aDeployment('b', 'b') });
    foldAt(ledger, counted + minuteMs, { runs: [other] }, settings, full);
    const byFlow = { ...settings, histogramsByDeployment: false };
    foldAt(ledger, counted + 2 * minuteMs, {}, byFlow);
    expect(left(ledger)).toEqual(['_duration_seconds adhoc', '_duration_seconds _other _other k8s']);
  });

  test.each([
    ['work_queue', 'deployment'],
    ['deployment', 'work_queue'],
  ] as const)('is start delays by %s when they are by %s', (before, after) => {
    const settings = theSettings({ startDelayBy: before });
    const ledger = startedLedger(settings);
    const openRuns = [anOpen('run-1', { expectedMs: counted - 30_000, startedMs: counted - 20_000 })];
    foldAt(ledger, counted, { openRuns }, settings);
    foldAt(ledger, counted + minuteMs, {}, settings);
    expect(left(ledger)).toHaveLength(1);
    foldAt(ledger, counted + 2 * minuteMs, {}, { ...settings, startDelayBy: after });
    expect(left(ledger)).toEqual([]);
  });
});
