import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDeployment, addFlow, addRun, addWorkPool, moveRun } from '../../doubles/prefect/additions.ts';
import { startPrefectDouble } from '../../doubles/prefect/api.ts';
import { createLivingWorkspace } from '../../doubles/prefect/living.ts';
import type { Workspace } from '../../doubles/prefect/workspace.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { exampleQueries } from '../../lib/collectors/example-queries.ts';
import { makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { requireServer } from '../support/real/require-server.ts';

const minute = 60_000;

const required = await requireServer('prometheus-3');

/** What is wrong in the living workspace: a queue without workers, a run that hangs. */
const telling = [
  'What should have started long ago?',
  'What has been running for six hours?',
  'Where does work wait and no worker is online?',
  'Who waits, by team (DEPLOYMENT_TAG_LABELS=team)?',
];

const broken = { flow: 'troubled', deployment: 'broken' };

/** What else is wrong, for the questions about what ended: a row with these labels is among the answers. */
const findings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Which deployments failed for more than a tenth of their runs in the last day?': broken,
  'How fast is the error budget burning, at an objective of 95 % (1 is as fast as it may)?': {},
  'Which deployments last ran twice as long as they usually do?': { flow: 'troubled', deployment: 'slow' },
  'What is on a schedule and has not succeeded for a day, or never?': broken,
  'What is older than its objective (tag slo.freshness)?': broken,
  'Which deployments failed the last time they ran?': broken,
  'Of what is on a schedule, what has not ended once in six hours?': { ...broken, deployment: 'idle' },
  'How many retries does a run take (last day)?': broken,
  'How many runs of each team failed in the last day (DEPLOYMENT_TAG_LABELS=team)?': { team: 'lost' },
  'Where did infrastructure fail, and not code (last day)?': { work_pool: 'broken-pool' },
};

/** Adds what goes wrong; `at` makes it happen in the minutes between the ticks. */
function addTrouble(workspace: Workspace) {
  const flow = addFlow(workspace, { name: 'troubled' });
  const pool = addWorkPool(workspace, { name: 'broken-pool' });
  const queue = [...workspace.workQueues.values()].find(({ workPoolId }) => workPoolId === pool.id);
  const startUs = workspace.nowUs();
  const scheduled = {
    flow,
    queue,
    createdUs: startUs - 5 * 86_400e6,
    schedules: [{ intervalSeconds: 86_400, anchorUs: startUs, active: true }],
    tags: ['team:lost', 'slo.freshness:26h'],
  };
  const deployments = new Map(
    ['broken', 'slow', 'idle'].map((name) => [name, addDeployment(workspace, { ...scheduled, name })]),
  );
  /** A run that ended a minute ago as `type`, after so many attempts of `seconds`. */
  return (name: string, type: 'COMPLETED' | 'FAILED' | 'CRASHED', seconds: number, attempts = 1): void => {
    const endUs = workspace.nowUs() - 60e6;
    const firstUs = endUs - attempts * seconds * 1e6;
    const deployment = deployments.get(name);
    const state = { type: 'SCHEDULED', timestampUs: firstUs - 1e6, scheduledUs: firstUs - 1e6 } as const;
    const run = addRun(workspace, { flow, deployment, createdUs: firstUs - 1e6, state });
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const timestampUs = firstUs + attempt * seconds * 1e6;
      if (attempt > 0) moveRun(workspace, run, { ...state, name: 'AwaitingRetry', timestampUs });
      moveRun(workspace, run, { type: 'RUNNING', timestampUs });
    }
    moveRun(workspace, run, { type, timestampUs: endUs });
  };
}

describe.skipIf(required.missing)('the queries of docs/METRICS.md', () => {
  let prometheus: PrometheusServer;
  let instantMs = 0;

  beforeAll(async () => {
    prometheus = await startPrometheus(required);
    let behindMs = 40 * minute;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() - behindMs };
    const life = createLivingWorkspace({ clock });
    const prefect = await startPrefectDouble({ workspace: life.workspace, clock });
    const environment = {
      PREFECT_API_URL: prefect.apiUrl,
      REMOTE_WRITE_URL: String(prometheus.writeUrl),
      DEPLOYMENT_TAG_LABELS: 'team',
    };
    const exporter = makeExporter(environment, { clock });
    const endRun = addTrouble(life.workspace);
    const between: Readonly<Record<number, () => void>> = {
      40: () => endRun('slow', 'COMPLETED', 10),
      20: () => {
        endRun('broken', 'FAILED', 5, 3);
        endRun('broken', 'CRASHED', 20);
      },
      0: () => endRun('slow', 'COMPLETED', 1_000),
    };
    // Three ticks; the minutes between them are made up for.
    for (const minutes of [40, 20, 0]) {
      behindMs = minutes * minute;
      life.advance();
      between[minutes]?.();
      const report = await tickReport(exporter, clock.now());
      expect(report).toMatchObject({ outcome: 'pushed', problems: [] });
      instantMs = report.instantMs;
    }
    await prefect.stop();
  });

  afterAll(() => prometheus?.stop());

  it.each(exampleQueries)('$question', async ({ question, query }) => {
    const rows = await prometheus.queryInstant(query, instantMs);
    const finding = findings[question];
    if (telling.includes(question)) expect(rows).not.toEqual([]);
    if (finding !== undefined) {
      expect(rows).toContainEqual(expect.objectContaining({ labels: expect.objectContaining(finding) }));
    }
    if (question === 'Are these numbers old?') expect(rows).toEqual([]);
    if (question === 'Which part could not be read?') expect(rows).toEqual([]);
  });

  it('every question is asked, and none is of something else', () => {
    const questions = exampleQueries.map(({ question }) => question);
    expect(questions).toEqual(expect.arrayContaining([...telling, ...Object.keys(findings)]));
  });

  it('the age of the numbers is told once they are old', async () => {
    const [{ query } = { query: '' }] = exampleQueries;
    expect(await prometheus.queryInstant(query, instantMs + 600_000)).toHaveLength(1);
  });
});
