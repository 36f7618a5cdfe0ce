import type { Stage } from './load.ts';
import type { Permissions } from './permissions.ts';
import { inTemplate, type TemplateText } from './text.ts';

/** What serverless.yml and infra/*.yml name as `${self:custom.stage.…}`; null: the property is left out. */
export interface Values extends Permissions {
  readonly region: string;
  readonly functionName: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number | null;
  readonly logRetentionDays: number;
  readonly logLevel: string;
  readonly environment: Readonly<Record<string, TemplateText>>;
  readonly vpc: { readonly subnetIds: unknown; readonly securityGroupIds: unknown } | null;
  readonly vpcId: string | null;
  readonly egress: unknown;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly permissionsBoundaryArn: string | null;
  readonly scheduleExpression: string;
  readonly timeZone: string;
  readonly flexibleMinutes: number | null;
  readonly intervalSeconds: number;
  readonly cursorLagSeconds: number;
  readonly failurePeriodSeconds: number;
  readonly longDurationMs: number;
  readonly ledgerBucket: unknown;
  readonly ledgerKeyArn: string | null;
  readonly alarmTopic: unknown;
  readonly alarmEmail: string | null;
}

/** Counters lag behind by one interval when all is well, and events by one minute more. */
const lagIntervals = 5;

/** Each of its periods has a tick, so that one that fails every time is in each. */
const shortestFailurePeriodSeconds = 300;

export function valuesOf(stage: Omit<Stage, 'values'>): Values {
  const { network, alarms, schedule, ledger, lambda } = stage;
  return {
    ...stage.permissions,
    region: stage.region,
    functionName: stage.functionName,
    memoryMegabytes: lambda.memoryMegabytes,
    timeoutSeconds: lambda.timeoutSeconds,
    reservedConcurrency: lambda.reservedConcurrency ?? null,
    logRetentionDays: lambda.logRetentionDays,
    logLevel: lambda.logLevel,
    environment: Object.fromEntries(
      Object.entries(stage.variables).map(([name, text]) => [name, inTemplate(text)]),
    ),
    vpc:
      network === undefined
        ? null
        : { subnetIds: network.subnetIds, securityGroupIds: network.securityGroupIds },
    vpcId: network?.created?.vpcId ?? null,
    egress: network?.created?.egress ?? null,
    tags: stage.tags ?? null,
    permissionsBoundaryArn: stage.permissionsBoundaryArn ?? null,
    scheduleExpression: schedule.expression,
    timeZone: schedule.timeZone,
    flexibleMinutes: schedule.flexibleMinutes ?? null,
    intervalSeconds: schedule.intervalSeconds,
    cursorLagSeconds: schedule.intervalSeconds * lagIntervals,
    failurePeriodSeconds: Math.max(shortestFailurePeriodSeconds, schedule.intervalSeconds),
    longDurationMs: lambda.timeoutSeconds * 800,
    ledgerBucket: ledger.existingBucket ?? { Ref: 'LedgerBucket' },
    ledgerKeyArn: ledger.keyArn ?? null,
    alarmTopic: alarms.email === undefined ? (alarms.topicArn ?? null) : { Ref: 'AlarmTopic' },
    alarmEmail: alarms.email ?? null,
  };
}
