import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTerminal } from '../../cli/terminal.ts';
import { createClosing } from '../../demo/closing.ts';
import { showLive } from '../../demo/live.ts';
import { parseOptions } from '../../demo/options.ts';
import { type Parts, startParts } from '../../demo/parts.ts';
import type { ReceivedSeries } from '../../demo/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import { requireServer } from '../support/real/require-server.ts';
import { launchBrowser, type OpenedPage, openPage, showsInstant } from './browser.ts';

const chromium = await requireServer('chromium');
const wantedTicks = 6;

/** For the page: pixels of each drawing that have a colour; grid and axis texts are grey. */
const countColouredPixels = `[...document.querySelectorAll('article canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = data.slice(i, i + 3);
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured += 1;
  }
  return coloured;
})`;

/** The demo in this process, stopped after some ticks: from then on the page has to show exactly what the receiver has. */
describe.skipIf(chromium.missing)('the page of the running demo', () => {
  const closing = createClosing(systemClock);
  let browser: Browser;
  let opened: OpenedPage;
  let page: Page;
  let parts: Parts;
  let newest: ReceivedSeries[];

  beforeAll(async () => {
    const stopping = new AbortController();
    const stop = stopping.signal;
    const options = parseOptions(['--port', '0', '--every', '1']);
    const printed: string[] = [];
    const told = Promise.withResolvers<URL>();
    const write = (text: string) => {
      printed.push(text);
      const address = /^ +(http:\S+)$/m.exec(text)?.[1];
      if (address !== undefined) told.resolve(new URL(address));
      if (printed.filter((line) => line.startsWith('tick ')).length >= wantedTicks) stopping.abort();
    };
    const terminal = createTerminal({ write }, { write }, {});
    const surroundings = { env: {}, clock: systemClock, terminal, stop };
    parts = await startParts(options, surroundings, closing);
    const live = showLive(parts, options, surroundings, closing);
    browser = await launchBrowser(chromium);
    opened = await openPage(browser, await told.promise);
    page = opened.page;
    expect(await live, printed.join('')).toBe(0);

    const series = [...parts.ticking.receiver.series.values()];
    const instantMs = Math.max(...series.map(({ samples }) => samples.at(-1)?.timestampMs ?? 0));
    await showsInstant(page, instantMs);
    // Without those that end with this tick: a stale marker is NaN.
    newest = series.filter(({ samples }) => {
      const last = samples.at(-1);
      return last?.timestampMs === instantMs && !Number.isNaN(last.value);
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await closing.close();
  });

  const ofFamily = (name: string) => newest.filter((series) => series.name === name);
  const legend = async (title: string): Promise<Record<string, string>> => {
    const rows = page
      .locator('article', { has: page.getByRole('heading', { name: title }) })
      .locator('.legend li');
    const texts = await rows.evaluateAll((items) =>
      items.map((item) =>
        [...item.querySelectorAll('.legend-label, .legend-value')].map((e) => e.textContent),
      ),
    );
    return Object.fromEntries(texts);
  };

  it('shows nine charts that are drawn, and no complaint in the console', async () => {
    await expect.poll(() => page.locator('article canvas').count()).toBeGreaterThanOrEqual(7);
    const drawings = await page.evaluate<number[]>(countColouredPixels);
    expect(Math.min(...drawings)).toBeGreaterThan(100);
    expect(await page.locator('article').count()).toBe(9);
    expect(opened.complaints).toEqual([]);
  });

  it('shows in the legends what the receiver has', async () => {
    const open: Record<string, number> = {};
    for (const { labels, samples } of ofFamily('prefect_flow_runs_open')) {
      const state = labels.state_name ?? '';
      open[state] = (open[state] ?? 0) + (samples.at(-1)?.value ?? 0);
    }
    expect(Object.values(open).reduce((sum, n) => sum + n)).toBeGreaterThan(3);
    const shown = await legend('Open runs by state');
    expect(shown).toMatchObject(Object.fromEntries(Object.entries(open).map(([s, n]) => [s, String(n)])));

    const workers = ofFamily('prefect_work_pool_workers_online').map(
      ({ labels, samples }) => [labels.work_pool ?? '', String(samples.at(-1)?.value)] as const,
    );
    expect(workers.length).toBeGreaterThan(1);
    expect(await legend('Workers online per pool')).toEqual(Object.fromEntries(workers));
  });

  it('lists each family with its number of series', async () => {
    const rows = await page
      .locator('#families a')
      .evaluateAll((links) =>
        links.map((link) => [link.getAttribute('title'), link.querySelector('.count')?.textContent]),
      );
    const all = [...parts.ticking.receiver.series.values()];
    const counts = Map.groupBy(all, ({ name }) => name);
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries([...counts].map(([name, series]) => [name, String(series.length)])),
    );
    expect(counts.size).toBeGreaterThan(35);
  });

  it.each([
    // The first hardly changes between ticks, the second always does.
    ['prefect_work_queue_late_runs', ['work_pool', 'work_queue']],
    ['prefect_exporter_collector_duration_seconds', ['collector']],
  ])(
    'shows every series of %s when it is clicked, with the very values that arrived',
    async (name, labels) => {
      await page.locator(`#families a[title="${name}"]`).click();
      await page.locator('#view-title', { hasText: name }).waitFor();
      const rows = await page
        .locator('#table tbody tr')
        .evaluateAll((all) =>
          all.map((row) => [
            ...[...row.querySelectorAll('td:not(.number)')].map((cell) => cell.textContent),
            row.querySelector('.number')?.getAttribute('title'),
          ]),
        );
      const expected = ofFamily(name).map((one) => [
        ...labels.map((label) => one.labels[label]),
        String(one.samples.at(-1)?.value),
      ]);
      expect(expected.length).toBeGreaterThan(3);
      expect(rows).toHaveLength(expected.length);
      expect(rows).toEqual(expect.arrayContaining(expected));
      expect(await page.locator('article').count()).toBe(1);
    },
  );

  it('searches names and label values', async () => {
    await page.locator('#search').fill('late_runs kubernetes');
    const links = page.locator('#families a');
    await expect.poll(() => links.count()).toBe(1);
    expect(await links.getAttribute('title')).toBe('prefect_work_queue_late_runs');
    const [family = ''] = await page
      .locator('article')
      .evaluateAll((cards) => cards.map((c) => c.textContent));
    expect(family).toContain('critical');
    expect(family).not.toContain('training');

    await page.locator('#search').fill('no such thing');
    await expect.poll(() => links.count()).toBe(0);
    expect(await page.locator('#families-summary').textContent()).toContain('Nothing matches');

    await page.locator('#search').fill('');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('tells the last tick, the size of the push and the collectors', async () => {
    expect(await page.locator('#outcome-value').textContent()).toBe('pushed');
    expect(await page.locator('#series-value').textContent()).toBe(String(newest.length));
    const collectors = ofFamily('prefect_exporter_collector_success').length;
    expect(await page.locator('#collectors-summary').textContent()).toBe(
      `${collectors} of ${collectors} collectors succeeded`,
    );
    expect(await page.locator('#push-note').textContent()).toMatch(/^1 write, \d+\.\d B a sample$/);
    const folder = fileURLToPath(new URL('../output/', import.meta.url));
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: `${folder}demo-page.png`, fullPage: true });
  });
});
