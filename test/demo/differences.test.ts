import { describe, expect, it } from 'vitest';
import { type Arrived, differences } from '../../demo/differences.ts';
import { parseLogLine } from '../../demo/logged-tick.ts';
import { createLogger } from '../../lib/log.ts';
import { reportFields, type TickReport } from '../../lib/report.ts';

const instantMs = Date.parse('2026-03-01T12:00:00Z');

const report: TickReport = {
  outcome: 'pushed',
  instantMs,
  workspace: 'demo',
  durationMs: { read: 20, push: 10, total: 30 },
  collectors: [],
  series: 3,
  exchanges: { requests: 12, responseBytes: 1000, byEndpoint: {} },
  push: { requests: 1, bytes: 400, samplesSent: 3, samplesDropped: {}, refusals: [] },
  problems: [],
};

const sample = (name: string, value: number, labels = {}) => ({
  name,
  labels,
  value,
  timestampMs: instantMs,
});
const good: Arrived = {
  writes: 1,
  bytes: 400,
  decoded: 3,
  samples: [
    sample('prefect_flows', 2),
    sample('prefect_exporter_series', 1, { family: 'prefect_flows' }),
    sample('prefect_exporter_series', 2, { family: 'prefect_exporter_series' }),
  ],
};

function logged(of: TickReport) {
  const lines: string[] = [];
  createLogger(
    'info',
    (line) => lines.push(line),
    () => '',
  ).info('tick', reportFields(of));
  const parsed = parseLogLine(lines[0] ?? '');
  if (parsed === undefined) throw new Error('not understood');
  return parsed;
}

describe('differences between what a tick said and what arrived', () => {
  it('understands the log line of the exporter, and finds none when there are none', () => {
    expect(logged(report)).toMatchObject({ outcome: 'pushed', series: 3, push: { samplesSent: 3 } });
    expect(differences(logged(report), good)).toEqual([]);
  });

  it('does not take another line for a report', () => {
    expect([parseLogLine('{"message":"tick"}'), parseLogLine('not JSON')]).toEqual([undefined, undefined]);
  });

  it.each<[string, Partial<Arrived>, string]>([
    ['a request more', { writes: 2 }, 'requests: the tick said 1, the receiver decoded 2'],
    ['a byte less', { bytes: 399 }, 'bytes: the tick said 400, the receiver decoded 399'],
    [
      'a sample lost',
      { samples: good.samples.slice(1) },
      'series of prefect_flows: the tick said 1, the receiver decoded 0',
    ],
    ['a sample more', { decoded: 4 }, 'samples: the tick said 3, the receiver decoded 4'],
    [
      'a later time',
      {
        samples: good.samples.map((one, index) => ({
          ...one,
          timestampMs: instantMs + (index === 0 ? 1 : 0),
        })),
      },
      'samples later than the tick: the tick said 0, the receiver decoded 1',
    ],
    [
      'a value that is no number',
      { samples: [sample('prefect_flows', Number.NaN), ...good.samples.slice(1)] },
      'samples that are no number: the tick said 0, the receiver decoded 1',
    ],
  ])('%s', (_, change, difference) => {
    expect(differences(logged(report), { ...good, ...change })).toContain(difference);
  });

  it('counts the series of a histogram as those of its family, and stale markers as none', () => {
    const names = ['_bucket', '_bucket', '_sum', '_count'].map((suffix) => `prefect_seconds${suffix}`);
    const own = { family: 'prefect_exporter_series' };
    const samples = [
      ...names.map((name) => sample(name, 2)),
      sample('prefect_exporter_series', 4, { family: 'prefect_seconds' }),
      sample('prefect_exporter_series', 2, own),
      { ...sample('prefect_seconds_sum', Number.NaN, { flow: 'gone' }), stale: true as const },
    ];
    const push = { ...report.push, samplesSent: 7 };
    expect(differences(logged({ ...report, series: 6, push }), { ...good, decoded: 7, samples })).toEqual([]);
  });

  it('counts refused samples among the series, and asks nothing of the series of a failed tick', () => {
    const dropped = { ...report, series: 4, push: { ...report.push, samplesDropped: { limit: 1 } } };
    expect(differences(logged(dropped), good)).toEqual([]);
    const nothing = { requests: 0, bytes: 0, samplesSent: 0, samplesDropped: {}, refusals: [] };
    const failed: TickReport = { ...report, outcome: 'failed', push: nothing };
    expect(differences(logged(failed), { writes: 0, bytes: 0, decoded: 0, samples: [] })).toEqual([]);
  });
});
