import type { TickConfig } from './config.ts';
import type { Reader } from './reader.ts';
import { wholeNumber } from './schemas.ts';
import { defaulted } from './variable.ts';

/** Alarms look at three and at five intervals, and CloudWatch at seven days at most. */
export const longestIntervalSeconds = 86_400;

export const tickVariables = {
  intervalSeconds: defaulted({
    name: 'INTERVAL_SECONDS',
    group: 'Tick',
    description:
      'Time between two ticks; must be that of the schedule. Above 240 there are gaps in graphs, because Prometheus looks back 5 minutes.',
    expected: `a whole number from 1 to ${longestIntervalSeconds}`,
    example: '60',
    schema: wholeNumber(1, longestIntervalSeconds),
    default: '60',
  }),
};

/** Prometheus looks back 5 minutes for the last sample; one late tick must fit in. */
const longestWholeSeconds = 240;

export function readTick(reader: Reader): TickConfig {
  const intervalSeconds = reader.get(tickVariables.intervalSeconds);
  if (intervalSeconds > longestWholeSeconds) {
    const shown = intervalSeconds % 60 === 0 ? `${intervalSeconds / 60} min` : `${intervalSeconds} s`;
    reader.warn({
      slug: 'interval-long',
      message: `A tick every ${shown}: Prometheus looks back 5 min, so gauges vanish between ticks and alerts with "for" do not fire.`,
      found: `INTERVAL_SECONDS=${intervalSeconds}`,
      expected: `at most ${longestWholeSeconds}`,
      do: 'INTERVAL_SECONDS=60, and a schedule of one minute',
    });
  }
  return { intervalSeconds };
}
