import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Feed } from '../../demo/feed.ts';
import { buildPage, type PageFile } from '../../demo/page-files.ts';
import { type PageServer, startPageServer } from '../../demo/page-server.ts';
import { requireServer } from '../support/real/require-server.ts';
import { launchBrowser, openPage, showsInstant } from './browser.ts';
import { madeFeed, madeTick, startMs } from './made-feed.ts';

const chromium = await requireServer('chromium');

describe.skipIf(chromium.missing)('the page with a made feed', () => {
  let browser: Browser;
  let files: ReadonlyMap<string, PageFile>;
  let server: PageServer | undefined;

  beforeAll(async () => {
    [browser, files] = await Promise.all([launchBrowser(chromium), buildPage()]);
  });
  afterEach(async () => {
    await server?.stop();
  });
  afterAll(() => browser?.close());

  const open = async (feed: Feed, hash = '') => {
    const after = (afterMs: number): Feed =>
      afterMs === 0 ? feed : { ...feed, ticks: [], times: [], series: [] };
    server = await startPageServer({ files, port: 0, feed: after });
    const opened = await openPage(browser, new URL(hash, server.url));
    await showsInstant(opened.page, feed.ticks.at(-1)?.instantMs ?? 0);
    return opened;
  };

  it('shows hostile label values and messages as text', async () => {
    const hostile = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';
    const families = ['prefect_flow_runs_open', 'prefect_work_queue_late_runs'];
    const series = families.flatMap((name) =>
      [hostile, 'b'].map((flow) => ({
        name,
        labels: { flow, state_name: flow, work_pool: flow },
        values: [1, 2],
      })),
    );
    const ticks = [
      madeTick(startMs),
      madeTick(startMs + 2000, { outcome: 'partial', message: hostile, failed: { workers: hostile } }),
    ];
    const { page, complaints } = await open(madeFeed(series, { ticks }));
    expect(await page.locator('article', { hasText: 'Open runs by state' }).textContent()).toContain(hostile);
    expect(await page.locator('#banner').textContent()).toContain(hostile);
    await page.locator('#families a').first().click();
    // The table is filled after the click.
    await expect.poll(() => page.locator('#table').textContent()).toContain(hostile);
    expect(await page.locator('img, body script').count()).toBe(0);
    expect(await page.title()).toBe('prefect-push-exporter demo');
    expect(complaints).toEqual([]);
  });

  it('says why there is nothing to draw', async () => {
    const success = (collector: string, value: number) => ({
      name: 'prefect_exporter_collector_success',
      labels: { collector },
      values: [value],
    });
    const known = (name: string, collector: string) => ({
      name,
      collector,
      help: '',
      type: 'gauge' as const,
    });
    const feed = madeFeed([success('open_runs', 1), success('workers', 0)], {
      ticks: [
        madeTick(startMs, {
          outcome: 'partial',
          message: 'failed: workers',
          failed: { workers: 'status 503' },
        }),
      ],
      families: [
        known('prefect_flow_runs_open_oldest_timestamp_seconds', 'open_runs'),
        known('prefect_work_pool_workers_online', 'workers'),
        known('prefect_work_queue_late_runs', 'work_queue_late_runs'),
      ],
    });
    const { page } = await open(feed);
    const text = (title: string) =>
      page.locator('article', { hasText: title }).locator('.empty').textContent();
    expect(await text('Oldest overdue run per queue')).toBe('No run is overdue.');
    expect(await text('Workers online per pool')).toBe('The collector “workers” failed: status 503');
    expect(await text('Late runs per queue')).toBe('The collector “work_queue_late_runs” is off.');
    expect(await page.locator('#collectors-summary').textContent()).toBe('1 of 2 collectors succeeded');
    expect(await page.locator('#collectors-failed').textContent()).toContain('status 503');
  });

  it('draws timestamps as ages and durations with units', async () => {
    const at = startMs + 2000;
    const series = [
      {
        name: 'prefect_flow_runs_open_oldest_timestamp_seconds',
        labels: { flow: 'etl', deployment: 'daily', state_type: 'RUNNING' },
        values: [at / 1000 - 31_200, at / 1000 - 31_200],
      },
      { name: 'prefect_exporter_tick_duration_seconds', labels: { phase: 'read' }, values: [0.5, 0.0425] },
    ];
    const { page } = await open(madeFeed(series));
    const value = (title: string) =>
      page.locator('article', { hasText: title }).locator('.legend').textContent();
    expect(await value('Longest running')).toBe('etl / daily8 h 40 min');
    expect(await value('Tick duration by phase')).toBe('read43 ms');
  });

  it('draws a chart that was empty as wide as the others once there is something', async () => {
    const late = { name: 'prefect_work_queue_late_runs', labels: { work_pool: 'a' }, values: [1] };
    const openRuns = { name: 'prefect_flow_runs_open', labels: { state_name: 'Late' }, values: [1] };
    const first = madeFeed([late]);
    const second = madeFeed([late, openRuns], { ticks: [madeTick(startMs + 2000)], times: [startMs + 2000] });
    const asked = Promise.withResolvers<void>();
    const feed = (afterMs: number): Feed => {
      if (afterMs === 0) return first;
      asked.resolve();
      return afterMs === startMs ? second : { ...second, ticks: [], times: [], series: [] };
    };
    server = await startPageServer({ files, port: 0, feed });
    const { page } = await openPage(browser, server.url);
    await asked.promise;
    await showsInstant(page, startMs + 2000);
    const width = async (title: string) =>
      (await page.locator('article', { hasText: title }).locator('canvas').boundingBox())?.width;
    expect(await width('Open runs by state')).toBeGreaterThan(250);
    expect(await width('Open runs by state')).toBe(await width('Late runs per queue'));
  });

  it('says that the demo does not answer any more, and keeps what it has', async () => {
    const { page } = await open(madeFeed([{ name: 'prefect_flows', labels: {}, values: [3] }]));
    await page.clock.install();
    await server?.stop();
    server = undefined;
    await page.clock.fastForward(20_000);
    await page.locator('#banner', { hasText: 'The demo has not answered for' }).waitFor();
    expect(await page.locator('#families a').count()).toBe(1);
  });

  it('is served to this machine only, and not to pages elsewhere', async () => {
    const feed = madeFeed([{ name: 'prefect_flows', labels: {}, values: [3] }]);
    const { page } = await open(feed);
    const answers = await page.evaluate<(string | null)[]>(
      `fetch('/feed.json').then(({ headers }) => ['content-security-policy', 'x-content-type-options', 'access-control-allow-origin'].map((name) => headers.get(name)))`,
    );
    expect(answers).toEqual([expect.stringContaining("default-src 'none'"), 'nosniff', null]);
  });
});
