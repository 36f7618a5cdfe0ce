import { describe, expect, it } from 'vitest';
import { append, createHistory, newestMs } from '../../demo/page/history.ts';
import { foldedLines, largest, seriesLines } from '../../demo/page/lines.ts';
import { search } from '../../demo/page/search.ts';
import { madeFeed, startMs } from './made-feed.ts';

const lateRuns = (work_queue: string, values: (number | null)[]) => ({
  name: 'prefect_work_queue_late_runs',
  labels: { job: 'prefect-exporter', work_pool: 'k8s', work_queue },
  values,
});

const valuesOf = (history: ReturnType<typeof createHistory>) =>
  Object.fromEntries([...history.series.values()].map(({ labels, values }) => [labels.work_queue, values]));

describe('history', () => {
  it('keeps series aligned when one ends, one begins and one has a gap, and forgets the oldest', () => {
    const history = createHistory();
    append(history, madeFeed([lateRuns('a', [1, 2, 3]), lateRuns('b', [null, 5, null])]));
    const times = [3, 4, 5, 6].map((n) => startMs + n * 2000);
    append(history, madeFeed([lateRuns('a', [4, 5, 6, 7]), lateRuns('c', [null, null, null, 9])], { times }));
    expect(history.times).toEqual([2, 3, 4, 5, 6].map((n) => startMs + n * 2000));
    // `keep` is 5: of b nothing is left.
    expect(valuesOf(history)).toEqual({ a: [3, 4, 5, 6, 7], c: [null, null, null, null, 9] });
    expect(newestMs(history)).toBe(startMs + 12_000);
  });

  it('refuses what comes from a demo that was started again', () => {
    const history = createHistory();
    const feed = madeFeed([lateRuns('a', [1])]);
    expect(append(history, feed)).toBe(true);
    expect(append(history, { ...feed, demo: { ...feed.demo, startedMs: startMs + 1 } })).toBe(false);
    expect(history.times).toHaveLength(1);
  });
});

describe('search', () => {
  const history = createHistory();
  append(
    history,
    madeFeed([
      lateRuns('Default', [1]),
      lateRuns('high', [2]),
      { name: 'prefect_work_pool_ready', labels: { work_pool: 'k8s' }, values: [1] },
    ]),
  );
  const found = (query: string) =>
    search(history, query).map(({ name, series, total }) => [name, series.length, total]);

  it.each([
    [
      '',
      [
        ['prefect_work_pool_ready', 1, 1],
        ['prefect_work_queue_late_runs', 2, 2],
      ],
    ],
    ['default', [['prefect_work_queue_late_runs', 1, 2]]],
    ['LATE high', [['prefect_work_queue_late_runs', 1, 2]]],
    ['work_pool=k8 ready', [['prefect_work_pool_ready', 1, 1]]],
    ['work_queue=k8s', []],
    ['late nothing', []],
  ])('%j', (query, expected) => {
    expect(found(query)).toEqual(expected);
  });
});

describe('lines', () => {
  const run = (labels: Record<string, string>, values: (number | null)[]) => ({
    key: JSON.stringify(labels),
    name: 'prefect_flow_runs_open',
    labels,
    values,
  });

  it('names lines by the fewest labels that tell them apart', () => {
    const series = [
      run({ state_name: 'Late', state_type: 'SCHEDULED', work_queue: 'q', flow: 'etl' }, [1]),
      run({ state_name: 'Running', state_type: 'RUNNING', work_queue: 'q', flow: 'ml' }, [1]),
      run({ state_name: 'Running', state_type: 'RUNNING', work_queue: 'q', flow: 'etl' }, [1]),
    ];
    expect(seriesLines(series, 'count', [0]).map(({ label }) => label)).toEqual([
      'etl / Late',
      'ml / Running',
      'etl / Running',
    ]);
  });

  it('adds what is there and leaves a gap where nothing is: missing is not zero', () => {
    const series = [
      run({ state: 'Late', flow: 'a' }, [1, null, null]),
      run({ state: 'Late', flow: 'b' }, [2, 3, null]),
      run({ state: 'Running', flow: 'a' }, [0, 0, 0]),
    ];
    const lines = foldedLines(series, ['state'], 'sum', 'count', [1, 2, 3]);
    expect(lines.map(({ label, values }) => [label, values])).toEqual([
      ['Late', [3, 3, null]],
      ['Running', [0, 0, 0]],
    ]);
  });

  it('takes the oldest of a group of timestamps, and draws it as an age', () => {
    const series = [run({ q: 'a', flow: '1' }, [70]), run({ q: 'a', flow: '2' }, [40])];
    expect(foldedLines(series, ['q'], 'min', 'timestamp', [100_000])[0]?.values).toEqual([60]);
  });

  it('draws the largest and counts the others', () => {
    const lines = ['c', 'a', 'b'].map((label, value) => ({ key: label, label, title: '', values: [value] }));
    const { shown, hidden } = largest(lines, 2);
    expect([shown.map(({ label }) => label), hidden]).toEqual([['a', 'b'], 1]);
  });
});
