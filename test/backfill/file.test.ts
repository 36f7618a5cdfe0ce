import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openMetricsSeries, openMetricsTime } from '../../lib/backfill/open-metrics.ts';
import { temporaryFolder } from '../stores/folder.ts';
import { type BackfillScene, backfilledValues, minute, openBackfillScene, ten } from './scene.ts';

let scene: BackfillScene;
let folder: string;
let output: string;

beforeEach(async () => {
  scene = await openBackfillScene();
  folder = await temporaryFolder();
  output = join(folder, 'backfill.om');
  for (const minutes of [0.5, 1.2, 4.1]) scene.finish(minutes, { seconds: 20 });
  scene.finish(2.5, { type: 'FAILED', seconds: 100, delaySeconds: 1.5 });
  scene.setTime(6.5);
});

/** Name and labels to minute to value. */
function parsed(text: string) {
  const values: Record<string, Record<string, number>> = {};
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, name = '', labels = '', value, seconds] = /^(\w+)\{(.*)\} (\S+) (\S+)$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
    const sorted = [...pairs, ['__name__', name]].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    const key = JSON.stringify(Object.fromEntries(sorted));
    values[key] = { ...values[key], [(Number(seconds) * 1000 - ten) / minute]: Number(value) };
  }
  return values;
}

describe('a backfill into a file', () => {
  test('has the samples that a receiver would get, a family at a time', async () => {
    const { written } = await scene.backfill({ since: 0, output });
    const text = await readFile(output, 'utf8');
    expect(await readdir(folder)).toEqual(['backfill.om']);
    expect(text.match(/^# TYPE .*$/gm)).toEqual([
      '# TYPE prefect_flow_runs_finished counter',
      '# TYPE prefect_flow_run_retries counter',
      '# TYPE prefect_flow_run_duration_seconds histogram',
      '# TYPE prefect_flow_run_start_delay_seconds histogram',
    ]);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(scene.receiver.requests).toHaveLength(0);
    expect(text.split('\n').filter((line) => /^\w/.test(line))).toHaveLength(written.samples);

    await scene.ledger.remove({ atMs: Number.POSITIVE_INFINITY });
    await scene.backfill({ since: 0 });
    expect(parsed(text)).toEqual(backfilledValues(scene.receiver));
  });

  test('goes on behind what is safe', async () => {
    await scene.backfill({ since: 0, output: join(folder, 'whole.om') });
    await scene.ledger.remove({ atMs: Number.POSITIVE_INFINITY });
    const stop = new AbortController();
    const onProgress = ({ ticks }: { readonly ticks: number }) => {
      if (ticks === 3) stop.abort();
    };
    expect(await scene.backfill({ since: 0, output }, { signal: stop.signal, onProgress })).toMatchObject({
      outcome: 'interrupted',
    });
    // What a process wrote after its last checkpoint.
    await appendFile(join(`${output}.parts`, 'prefect_flow_runs_finished_total'), 'half a li');
    expect(await scene.backfill('resume')).toMatchObject({ outcome: 'done' });
    expect(await scene.state.load({ atMs: Number.POSITIVE_INFINITY })).toBeUndefined();
    expect(await readFile(output, 'utf8')).toBe(await readFile(join(folder, 'whole.om'), 'utf8'));
  });
});

test('a backfill whose parts are gone does not go on', async () => {
  const stop = new AbortController();
  await scene.backfill({ since: 0, output }, { signal: stop.signal, onProgress: () => stop.abort() });
  await rm(`${output}.parts`, { recursive: true });
  await expect(scene.backfill('resume')).rejects.toMatchObject({
    problem: { slug: 'backfill-unfinished', message: 'What the interrupted backfill wrote is gone.' },
  });
});

describe('OpenMetrics', () => {
  test('escapes what labels may hold', () => {
    const series = { family: 'a', names: ['__name__', 'flow'], values: ['a', 'b\\c"d\ne'] };
    expect(openMetricsSeries(series)).toBe('a{flow="b\\\\c\\"d\\ne"}');
    expect(openMetricsSeries({ family: 'a', names: ['__name__'], values: ['a'] })).toBe('a');
  });

  test.each([
    [ten, '1795168800'],
    [ten + 1, '1795168800.001'],
    [ten + 120, '1795168800.120'],
  ])('%i is %s', (ms, text) => expect(openMetricsTime(ms)).toBe(text));
});
