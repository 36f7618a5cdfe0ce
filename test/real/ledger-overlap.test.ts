// Two processes that do the same tick on the same document at the same time, as when a schedule delivers an event
// twice: one commits, the other has nothing to do. Time is that of the test, see tick-process.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededChance } from '../../doubles/prefect/seeded.ts';
import { systemClock } from '../../lib/clock.ts';
import { createFinishingRuns } from '../support/real/finishing-runs.ts';
import { makeFinishingWorkspace } from '../support/real/finishing-workspace.ts';
import { type MotoServer, startMoto } from '../support/real/moto.ts';
import { type PrefectServer, startPrefect } from '../support/real/prefect.ts';
import { requireServer } from '../support/real/require-server.ts';
import { seriesText } from '../support/real/series.ts';
import type { TickAnswer } from '../support/real/tick-process.ts';
import { startTicker, type Ticker } from '../support/real/ticker.ts';
import { startVictoriaMetrics, type VictoriaMetricsServer } from '../support/real/victoria-metrics.ts';

const required = {
  prefect: await requireServer('prefect-3'),
  victoriaMetrics: await requireServer('victoria-metrics'),
  moto: await requireServer('moto'),
};
const isMissing = Object.values(required).some(({ missing }) => missing);

const rounds = 20;
/** Processes are new every so many rounds, and warm in between. */
const roundsOfProcess = 5;

describe.skipIf(isMissing)('two processes at once', () => {
  let folder: string;
  let prefect: PrefectServer;
  let moto: MotoServer;
  let victoriaMetrics: VictoriaMetricsServer;
  let firstMs: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledger-overlap-'));
    [prefect, moto, victoriaMetrics] = await Promise.all([
      startPrefect(required.prefect),
      startMoto(required.moto),
      startVictoriaMetrics(required.victoriaMetrics),
    ]);
    const { region, credentials, url } = moto;
    const client = new S3Client({ endpoint: url.href, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'ledgers' }));
    client.destroy();
    const workspace = await makeFinishingWorkspace(prefect);
    const { databasePath } = prefect;
    firstMs = Math.floor(systemClock.now() / 60_000) * 60_000 - 45 * 60_000;
    const chance = seededChance(7);
    const runs = createFinishingRuns({ databasePath, workspace, chance, runsPerMinute: 8, firstMs });
    for (let minute = 1; minute < rounds; minute += 1) {
      runs.finishMinute(firstMs + minute * 60_000, Number.NEGATIVE_INFINITY);
    }
  });

  afterAll(async () => {
    await Promise.all([prefect, moto, victoriaMetrics].map((server) => server?.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const stores = [
    { kind: 'file', variables: () => ({ STORE: `file:${join(folder, 'ledger.json.gz')}` }) },
    {
      kind: 's3',
      variables: () => ({
        STORE: 's3://ledgers/ledger.json.gz',
        S3_ENDPOINT: moto.url.origin,
        AWS_REGION: moto.region,
        AWS_ACCESS_KEY_ID: moto.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: moto.credentials.secretAccessKey,
      }),
    },
  ] as const;

  test.each(stores)('one commits: $kind store', { timeout: 300_000 }, async ({ kind, variables }) => {
    const environment = {
      ...{ PREFECT_API_URL: prefect.apiUrl, REMOTE_WRITE_URL: victoriaMetrics.writeUrl, WORKSPACE: kind },
      COLLECTORS: 'finished_runs,start_delays,last_runs,open_runs',
      ...variables(),
    };
    const start = () => Promise.all([0, 1].map(() => startTicker(environment, join(folder, 'cache'))));
    let tickers: Ticker[] = [];
    const outcomes: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      if (round % roundsOfProcess === 0) {
        await Promise.all(tickers.map((ticker) => ticker.end()));
        tickers = await start();
      }
      const instantMs = firstMs + round * 60_000;
      const answers = await Promise.all(tickers.map((ticker) => ticker.tick(instantMs, instantMs + 2_000)));
      outcomes.push(answers.map(told).sort().join(', '));
    }
    await Promise.all(tickers.map((ticker) => ticker.end()));
    expect(outcomes).toEqual(outcomes.map(() => 'already-done, pushed'));

    await victoriaMetrics.flush();
    const stored = await victoriaMetrics.exportSeries(`{workspace="${kind}"}`);
    expect(twoValued(stored)).toEqual([]);
    const ticks = Array.from({ length: rounds }, (_, round) => firstMs + round * 60_000);
    const ofTick = stored.find(({ labels }) => labels.__name__ === 'prefect_exporter_tick_timestamp_seconds');
    expect([...new Set(ofTick?.points.map(({ timeMs }) => timeMs))]).toEqual(ticks);
    // The reading of the loser counts nothing.
    const [row] = await prefect.sql('SELECT count(*) AS ends FROM finish');
    const newest = stored
      .filter(({ labels }) => labels.__name__ === 'prefect_flow_runs_finished_total')
      .map(({ points }) => points.at(-1)?.value ?? 0);
    expect(newest.reduce((sum, value) => sum + value, 0)).toBe(row?.ends);
  });
});

const told = (answer: TickAnswer | undefined): string =>
  answer?.error ?? answer?.skip?.reason ?? answer?.outcome ?? 'nothing';

/** Instants of a series that have two different values; VictoriaMetrics keeps both. */
const twoValued = (stored: Awaited<ReturnType<VictoriaMetricsServer['exportSeries']>>): string[] =>
  stored.flatMap(({ labels, points }) => {
    const values = Map.groupBy(points, ({ timeMs }) => timeMs);
    return [...values].flatMap(([timeMs, at]) =>
      new Set(at.map(({ value }) => value)).size > 1
        ? [`${seriesText(labels)} at ${timeMs}: ${at.map(({ value }) => value).join()}`]
        : [],
    );
  });
