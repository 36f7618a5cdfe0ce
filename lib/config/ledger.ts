import * as z from 'zod';
import type { LedgerConfig } from './config.ts';
import type { Reader } from './reader.ts';
import { commaList, oneOf, wholeNumber } from './schemas.ts';
import { defaulted, optional } from './variable.ts';

const group = 'Ledger';

const maxBounds = 40;

/** Upper bounds of histogram buckets: seconds, ascending. */
const bounds: z.ZodType<readonly number[], string> = commaList.transform((items, context) => {
  const numbers = items.map(Number);
  const isNumber = (value: number): boolean => Number.isFinite(value) && value > 0;
  const issue = !numbers.every(isNumber)
    ? 'holds something that is not a number above 0'
    : numbers.some((value, index) => value <= (numbers[index - 1] ?? 0))
      ? 'is not in ascending order'
      : numbers.length > maxBounds
        ? `has more than ${maxBounds} buckets, and each is a series for every label set`
        : undefined;
  if (issue === undefined) return numbers;
  context.addIssue(issue);
  return z.NEVER;
});

const terminalStates = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'] as const;

const stateTypes: z.ZodType<readonly string[], string> = commaList.transform((items, context) => {
  const types = items.map((item) => item.toUpperCase());
  const unknown = types.find((type) => !terminalStates.some((known) => known === type));
  if (unknown === undefined) return types;
  context.addIssue(`has "${unknown}", which is none of ${terminalStates.join(', ')}`);
  return z.NEVER;
});

const runLabels: z.ZodType<readonly 'trigger'[], string> = commaList.transform((items, context) => {
  const unknown = items.find((item) => item.toLowerCase() !== 'trigger');
  if (unknown === undefined) return ['trigger'];
  context.addIssue(`has "${unknown}"; there is trigger`);
  return z.NEVER;
});

const secondsList = 'numbers of seconds between commas, ascending';

export const ledgerVariables = {
  outboxMaxMinutes: defaulted({
    name: 'OUTBOX_MAX_MINUTES',
    group,
    description:
      'How long samples wait for a receiver that does not answer, and how far back missed ticks are written. A default Prometheus refuses what lies an hour behind its newest sample; VictoriaMetrics, and receivers with an out-of-order window, take more; six hours of 7,000 series took 200 MB of memory when they were sent.',
    expected: 'a whole number from 5 to 1440',
    example: '360',
    schema: wholeNumber(5, 1440),
    default: '50',
  }),
  retentionDays: defaulted({
    name: 'LEDGER_RETENTION_DAYS',
    group,
    description:
      'How long a counter of a deployment that is gone goes on at its last value. If it comes back later it starts at 0.',
    expected: 'a whole number from 1 to 400',
    example: '30',
    schema: wholeNumber(1, 400),
    default: '30',
  }),
  durationBuckets: defaulted({
    name: 'DURATION_BUCKETS',
    group,
    description: 'Buckets of `prefect_flow_run_duration_seconds`. Other buckets start the histogram anew.',
    expected: secondsList,
    example: '10,60,600,3600',
    schema: bounds,
    default: '15,30,60,120,240,480,900,1800,3600,7200,14400,21600,43200,86400',
  }),
  durationStateTypes: defaulted({
    name: 'DURATION_STATE_TYPES',
    group,
    description: 'Ends of which the duration is in the histogram.',
    expected: `some of ${terminalStates.join(', ')}, between commas`,
    example: 'COMPLETED,FAILED',
    schema: stateTypes,
    default: 'COMPLETED',
  }),
  startDelayBuckets: defaulted({
    name: 'START_DELAY_BUCKETS',
    group,
    description: 'Buckets of `prefect_flow_run_start_delay_seconds`. Other buckets start the histogram anew.',
    expected: secondsList,
    example: '10,60,600',
    schema: bounds,
    default: '5,15,30,60,120,300,900,3600,14400',
  }),
  startDelayBy: defaulted({
    name: 'START_DELAY_BY',
    group,
    description: 'Whether start delays are told apart by queue only, or by deployment as well.',
    expected: 'work_queue or deployment',
    example: 'deployment',
    schema: oneOf(['work_queue', 'deployment']),
    default: 'work_queue',
  }),
  runLabels: optional({
    name: 'RUN_LABELS',
    group,
    description:
      'More labels of `prefect_flow_runs_finished_total`. `trigger`: schedule, automation, parent or manual.',
    expected: 'trigger',
    example: 'trigger',
    schema: runLabels,
    unset: 'none',
  }),
};

export function readLedger(reader: Reader): LedgerConfig {
  const variables = ledgerVariables;
  return {
    outboxMinutes: reader.get(variables.outboxMaxMinutes),
    retentionDays: reader.get(variables.retentionDays),
    durationBuckets: reader.get(variables.durationBuckets),
    durationStateTypes: reader.get(variables.durationStateTypes),
    startDelayBuckets: reader.get(variables.startDelayBuckets),
    startDelayBy: reader.get(variables.startDelayBy),
    trigger: reader.get(variables.runLabels)?.includes('trigger') ?? false,
  };
}
