import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrefectDouble } from '../../doubles/prefect/api.ts';
import { createLivingWorkspace } from '../../doubles/prefect/living.ts';
import { systemClock } from '../../lib/clock.ts';
import { exampleQueries } from '../../lib/collectors/example-queries.ts';
import { makeExporter, tickReport } from '../support/real/make-exporter.ts';
import { type PrometheusServer, startPrometheus } from '../support/real/prometheus.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = await requireServer('prometheus-3');

/** What is wrong in the living workspace: a queue without workers, a run that hangs. The rest has nothing to tell. */
const telling = [
  'What should have started long ago?',
  'What has been running for six hours?',
  'Where does work wait and no worker is online?',
  'Who waits, by team (DEPLOYMENT_TAG_LABELS=team)?',
];

describe.skipIf(required.missing)('the queries of docs/METRICS.md', () => {
  let prometheus: PrometheusServer;
  let instantMs = 0;

  beforeAll(async () => {
    prometheus = await startPrometheus(required);
    const { workspace } = createLivingWorkspace({ clock: systemClock });
    const prefect = await startPrefectDouble({ workspace, clock: systemClock });
    const exporter = makeExporter({
      PREFECT_API_URL: prefect.apiUrl,
      REMOTE_WRITE_URL: String(prometheus.writeUrl),
      DEPLOYMENT_TAG_LABELS: 'team',
    });
    const report = await tickReport(exporter, systemClock.now());
    await prefect.stop();
    expect(report.outcome).toBe('pushed');
    instantMs = report.instantMs;
  });

  afterAll(() => prometheus?.stop());

  it.each(exampleQueries)('$question', async ({ question, query }) => {
    const rows = await prometheus.queryInstant(query, instantMs);
    if (telling.includes(question)) expect(rows).not.toEqual([]);
    if (question === 'Are these numbers old?') expect(rows).toEqual([]);
    if (question === 'Which part could not be read?') expect(rows).toEqual([]);
  });

  it('the age of the numbers is told once they are old', async () => {
    const [{ query } = { query: '' }] = exampleQueries;
    expect(await prometheus.queryInstant(query, instantMs + 600_000)).toHaveLength(1);
  });
});
