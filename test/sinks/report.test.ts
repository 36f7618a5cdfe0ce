import { expect, it } from 'vitest';
import { mergePushReports, type PushReport } from '../../lib/sinks/sink.ts';

it('two reports make one', () => {
  const a: PushReport = {
    requests: 2,
    bytes: 100,
    samplesSent: 7,
    samplesDropped: { too_old: 1, limit: 2 },
    refusals: ['400: out of bounds', '413: too large'],
  };
  const b: PushReport = {
    requests: 1,
    bytes: 50,
    samplesSent: 3,
    samplesDropped: { too_old: 4, expired: 5 },
    refusals: ['400: out of bounds', '500: no'],
  };
  expect(mergePushReports(a, b)).toEqual({
    requests: 3,
    bytes: 150,
    samplesSent: 10,
    samplesDropped: { too_old: 5, limit: 2, expired: 5 },
    refusals: ['400: out of bounds', '413: too large', '500: no'],
  });
});
