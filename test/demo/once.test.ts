import { describe, expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { findFreePort } from '../support/real/free-port.ts';
import { startDemoProcess } from './demo-process.ts';

const timeout = 90_000;

/** The rows of a table whose columns are two or more spaces apart, without its head. */
function table(output: string, head: string): string[][] {
  const lines = output.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`${head} `));
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line === '' || line.startsWith('total:'));
  return rest.slice(0, end).map((line) => line.split(/ {2,}/));
}

const wholeNumber = (text: string | undefined): number => Number((text ?? '').replaceAll(' ', ''));

describe('demo --once', () => {
  it(
    'pushes three ticks of the made-up workspace, prints what arrived and exits 0',
    async () => {
      const demo = startDemoProcess(['--once', '--every', '2']);
      expect(await demo.ended, demo.stdout() + demo.stderr()).toBe(0);
      const output = demo.stdout();

      const families = table(output, 'family');
      const names = families.map(([name]) => name);
      for (const { families: expected } of allCollectors.filter((c) => c.name === 'open_runs')) {
        expect(names).toEqual(expect.arrayContaining(expected.map(({ name }) => name)));
      }
      expect(names).toContain('prefect_work_queue_late_runs');
      const series = families.reduce((sum, [, count]) => sum + wholeNumber(count), 0);

      const ticks = table(output, 'tick');
      expect(ticks).toHaveLength(3);
      expect(ticks.map(([, outcome]) => outcome)).toEqual(['pushed', 'pushed', 'pushed']);
      const times = ticks.map(([time]) => Date.parse(time ?? ''));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set(times).size).toBe(3);
      // Beside the series of the last tick there may be zeros of new ones, and ticks that were missed.
      expect(wholeNumber(ticks.at(-1)?.[2])).toBeGreaterThanOrEqual(series);
      expect(output).toContain(`series in ${families.length} families`);

      const self = families.find(([name]) => name === 'prefect_exporter_series');
      const whole = new Set(names.map((name) => name?.replace(/_seconds_(?:bucket|sum|count)$/, '_seconds')));
      expect(wholeNumber(self?.[1])).toBe(whole.size);
      expect(output).toContain('checked: the receiver decoded what each tick said it sent');
      expect(demo.stderr()).toBe('');
    },
    timeout,
  );

  it(
    'exits 1 and says why when Prefect does not answer',
    async () => {
      const port = await findFreePort();
      const demo = startDemoProcess(['--once', '--every', '1'], {
        PREFECT_API_URL: `http://127.0.0.1:${port}/api`,
        PREFECT_API_KEY: 'pnu_this_must_not_be_shown',
        MAX_RETRIES: '0',
      });
      expect(await demo.ended).toBe(1);
      expect(demo.stdout()).toContain(`reads http://127.0.0.1:${port}/api`);
      expect(demo.stderr()).toMatch(/^wrong: tick \S+ {2}(?:partial|failed): .*127\.0\.0\.1/m);
      expect(demo.stdout() + demo.stderr()).not.toContain('pnu_this_must_not_be_shown');
    },
    timeout,
  );

  it('exits 2 for a command line that it does not know', async () => {
    const demo = startDemoProcess(['--every', '0']);
    expect(await demo.ended).toBe(2);
    expect(demo.stderr()).toContain('--every: found "0", expected a whole number from 1 to 60.');
    expect(demo.stderr()).toContain('Usage: npm run demo');
  });
});
