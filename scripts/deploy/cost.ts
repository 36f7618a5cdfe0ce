import type { Stage } from '../../infra/stage/load.ts';
import { resourcesOf } from '../../infra/stage/resources.ts';

export interface CostLine {
  readonly what: string;
  readonly dollars: number;
}

const daysAMonth = 30;

/** List prices of us-east-1 in dollars, November 2026, without the free tiers. Other regions differ by a few percent. */
const price = {
  gigabyteSecondArm: 0.0000133334,
  millionInvocations: 0.2,
  millionSchedulerInvocations: 1,
  secret: 0.4,
  tenThousandSecretReads: 0.05,
  thousandPuts: 0.005,
  gigabyteStored: 0.023,
  gigabyteLogged: 0.5,
  metric: 0.3,
  alarm: 0.1,
};

/** Of one tick of a workspace with 200 deployments and 10 ended runs a minute (`npm run bench ledger-cost`). */
const tick = { processorSeconds: 1, waitingSeconds: 1, ledgerBytes: 40_000, logBytes: 3_000 };

/** Memory at which Lambda gives a whole processor. */
const wholeProcessorMegabytes = 1_769;

/** How long secrets are kept by the function. */
const secretSeconds = 300;

/** Metrics that lib/emf.ts writes for each workspace. */
const embeddedMetrics = 2;

/** What a month of a stage costs, computed. */
export function monthlyCost(stage: Stage): readonly CostLine[] {
  const { workspaces, schedule, alarms } = stage;
  const seconds = daysAMonth * 86_400;
  const ticks = (seconds / schedule.intervalSeconds) * workspaces.length;
  const withSecret = workspaces.filter(({ secret }) => secret.kind !== 'none').length;
  const created = workspaces.filter(({ secret }) => secret.kind === 'created').length;
  const keptVersionsBytes = (ticks / daysAMonth) * 7 * tick.ledgerBytes;
  const reads = (seconds / Math.max(secretSeconds, schedule.intervalSeconds)) * withSecret;
  return [
    { what: 'Lambda', dollars: ticks * tickDollars(stage.lambda.memoryMegabytes) },
    { what: 'EventBridge Scheduler', dollars: (ticks / 1e6) * price.millionSchedulerInvocations },
    {
      what: 'Secrets Manager',
      dollars: created * price.secret + (reads / 1e4) * price.tenThousandSecretReads,
    },
    { what: 'S3, writes', dollars: (ticks / 1e3) * price.thousandPuts },
    { what: 'S3, old versions of ledgers', dollars: (keptVersionsBytes / 1e9) * price.gigabyteStored },
    { what: 'CloudWatch, log', dollars: ((ticks * tick.logBytes) / 1e9) * price.gigabyteLogged },
    ...(alarms.wanted ? alarmLines(stage) : []),
  ].filter(({ dollars }) => dollars > 0);
}

function tickDollars(memoryMegabytes: number): number {
  const share = Math.min(1, memoryMegabytes / wholeProcessorMegabytes);
  const durationSeconds = tick.processorSeconds / share + tick.waitingSeconds;
  return (
    durationSeconds * (memoryMegabytes / 1024) * price.gigabyteSecondArm + price.millionInvocations / 1e6
  );
}

function alarmLines(stage: Stage): readonly CostLine[] {
  const count = Object.values(resourcesOf(stage).Resources).filter(isAlarm).length;
  const metrics = embeddedMetrics * stage.workspaces.length;
  return [
    { what: `CloudWatch, ${count} alarms`, dollars: count * price.alarm },
    { what: `CloudWatch, ${metrics} metrics for them`, dollars: metrics * price.metric },
  ];
}

const isAlarm = (resource: unknown): boolean =>
  typeof resource === 'object' &&
  resource !== null &&
  'Type' in resource &&
  resource.Type === 'AWS::CloudWatch::Alarm';
