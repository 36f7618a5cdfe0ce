import type { Stage } from '../../infra/stage/load.ts';
import { resourcesOf } from '../../infra/stage/resources.ts';

export interface CostLine {
  readonly what: string;
  readonly dollars: number;
  /** What of it is free in an account that uses nothing else of the kind. */
  readonly freeDollars: number;
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
  gigabyteOut: 0.09,
  gigabyteThroughNat: 0.045,
};

/** What AWS gives every account each month, for good; Lambda's 400,000 GB-seconds and a million invocations, say. */
const freeTier = {
  lambda: 400_000 * price.gigabyteSecondArm + price.millionInvocations,
  scheduler: 14 * price.millionSchedulerInvocations,
  log: 5 * price.gigabyteLogged,
  alarms: 10 * price.alarm,
  metrics: 10 * price.metric,
  out: 100 * price.gigabyteOut,
};

/**
 * Of one tick of a workspace with 200 deployments and 10 ended runs a minute, as measured: a document of 35 kB and 40 kB sent
 * to the receiver (`npm run bench ledger-cost`), and 0.2 s of a processor in a container that goes on (`npm run bench
 * function-memory`: 0.51 s at 512 MB, 1.04 s at 256 MB, 0.18 s at 1,769 MB). Waiting for answers is assumed.
 */
const tick = {
  processorSeconds: 0.2,
  waitingSeconds: 1,
  ledgerBytes: 35_000,
  sentBytes: 40_000,
  logBytes: 3_000,
};

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
  const gigabytes = (bytes: number) => (ticks * bytes) / 1e9;
  const sentOut = gigabytes(tick.sentBytes) * shareOutside(stage);
  const viaNat = stage.network === undefined ? 0 : sentOut;
  const lambda = ticks * tickDollars(stage.lambda.memoryMegabytes);
  return [
    line('Lambda', lambda, freeTier.lambda),
    line('EventBridge Scheduler', (ticks / 1e6) * price.millionSchedulerInvocations, freeTier.scheduler),
    line('Secrets Manager', secretDollars(stage, seconds)),
    line('S3, writes', (ticks / 1e3) * price.thousandPuts),
    line(
      'S3, old versions of ledgers',
      (gigabytes(tick.ledgerBytes) * price.gigabyteStored * 7) / daysAMonth,
    ),
    line('CloudWatch, log', gigabytes(tick.logBytes) * price.gigabyteLogged, freeTier.log),
    ...(alarms.wanted ? alarmLines(stage) : []),
    line('data to the receiver', sentOut * price.gigabyteOut, freeTier.out),
    line('data through the NAT gateway', viaNat * price.gigabyteThroughNat),
  ].filter(({ dollars }) => dollars > 0);
}

/** All of a month, and what an account pays that uses nothing else of these kinds. */
export function totalsOf(lines: readonly CostLine[]): { readonly dollars: number; readonly billed: number } {
  const dollars = lines.reduce((sum, one) => sum + one.dollars, 0);
  return { dollars, billed: lines.reduce((sum, one) => sum - one.freeDollars, dollars) };
}

const line = (what: string, dollars: number, free = 0): CostLine => ({
  what,
  dollars,
  freeDollars: Math.min(dollars, free),
});

/** A secret that exists is paid for already. */
function secretDollars({ workspaces, schedule }: Stage, seconds: number): number {
  const withSecret = workspaces.filter(({ secret }) => secret.kind !== 'none').length;
  const created = workspaces.filter(({ secret }) => secret.kind === 'created').length;
  const reads = (seconds / Math.max(secretSeconds, schedule.intervalSeconds)) * withSecret;
  return created * price.secret + (reads / 1e4) * price.tenThousandSecretReads;
}

/** The share of workspaces whose receiver is elsewhere. One in the same region, or in the network, costs no transfer. */
function shareOutside({ network, workspaces }: Stage): number {
  const outside = workspaces.filter(
    ({ prometheus, environment }) => prometheus === undefined && !isNear(environment, network !== undefined),
  );
  return outside.length / workspaces.length;
}

/** An address that only a secret knows is taken to be where the function is. */
function isNear(environment: Readonly<Record<string, string>>, inVpc: boolean): boolean {
  const address = environment.REMOTE_WRITE_URL ?? environment.PUSHGATEWAY_URL;
  if (address === undefined || !URL.canParse(address)) return inVpc;
  const { hostname } = new URL(address);
  return (
    !hostname.includes('.') ||
    /\.(?:internal|local|lan|private|corp|intranet|home\.arpa)$/.test(hostname) ||
    /^(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(hostname)
  );
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
    line(`CloudWatch, ${count} alarms`, count * price.alarm, freeTier.alarms),
    line(`CloudWatch, ${metrics} metrics for them`, metrics * price.metric, freeTier.metrics),
  ];
}

const isAlarm = (resource: unknown): boolean =>
  typeof resource === 'object' &&
  resource !== null &&
  'Type' in resource &&
  resource.Type === 'AWS::CloudWatch::Alarm';
