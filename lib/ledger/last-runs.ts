import { lastFailure, lastSuccess, lastSuccessDuration } from '../collectors/kept-families.ts';
import { selectedDeployments } from '../collectors/run-labels.ts';
import type { Family, FamilyDescriptor } from '../metrics/family.ts';
import type { NamedDeployment, NamedFinishedRun } from '../prefect/resources.ts';
import { microseconds } from '../prefect/timestamps.ts';
import { runTimeUsOf } from './attempts.ts';
import type { LastRuns, Ledger } from './ledger.ts';
import type { LedgerSettings } from './settings.ts';

export const keyOfLastRuns = (flow: string, deployment: string): string => JSON.stringify([flow, deployment]);

const isFailure = (type: string): boolean => type === 'FAILED' || type === 'CRASHED';

/** Takes the end of a run into account; one that is older than what is known changes nothing. */
export function noteEnd(ledger: Ledger, run: NamedFinishedRun, runTimeUs: number, nowMs: number): void {
  const { deployment } = run;
  if (deployment === undefined) return;
  const endUs = microseconds(run.end_time);
  const last = lastRunsOf(ledger, deployment, nowMs);
  if (isFailure(run.state_type)) last.failureUs = Math.max(endUs, last.failureUs ?? endUs);
  if (run.state_type === 'COMPLETED' && endUs >= (last.success?.endUs ?? 0)) {
    last.success = { endUs, durationUs: runTimeUs };
  }
}

function lastRunsOf(ledger: Ledger, { flow, name }: NamedDeployment, nowMs: number): LastRuns {
  const key = keyOfLastRuns(flow, name);
  const known = ledger.lastRuns.get(key);
  if (known !== undefined) return known;
  const made = { flow, deployment: name, success: undefined, failureUs: undefined, listedMs: nowMs };
  ledger.lastRuns.set(key, made);
  return made;
}

/** At the first start: when things last ended, from the recent past. Nothing of it is counted. */
export function seedLastRuns(ledger: Ledger, recent: readonly NamedFinishedRun[], nowMs: number): void {
  for (const run of recent) noteEnd(ledger, run, runTimeUsOf(run), nowMs);
  ledger.seeded = true;
}

/** Forgets deployments that have not been listed for as long as label sets are kept. */
export function forgetLastRuns(
  ledger: Ledger,
  deployments: readonly NamedDeployment[],
  nowMs: number,
  retentionMs: number,
): void {
  for (const { flow, name } of deployments) {
    const last = ledger.lastRuns.get(keyOfLastRuns(flow, name));
    if (last !== undefined) last.listedMs = nowMs;
  }
  for (const [key, { listedMs }] of ledger.lastRuns) {
    if (nowMs - listedMs >= retentionMs) ledger.lastRuns.delete(key);
  }
}

/** Gauges of the deployments that are listed now: a deleted one must not raise alarms for a month. */
export function lastRunFamilies(
  ledger: Ledger,
  deployments: readonly NamedDeployment[],
  settings: LedgerSettings,
): readonly Family[] {
  const listed = selectedDeployments(deployments, settings).flatMap((deployment) => {
    const last = ledger.lastRuns.get(keyOfLastRuns(deployment.flow, deployment.name));
    const labels = {
      flow: deployment.flow,
      deployment: deployment.name,
      ...settings.tagLabels(deployment),
    };
    return last === undefined ? [] : [{ labels, last }];
  });
  const family = (descriptor: FamilyDescriptor, valueUs: (last: LastRuns) => number | undefined): Family => ({
    descriptor,
    samples: listed.flatMap(({ labels, last }) => {
      const us = valueUs(last);
      return us === undefined ? [] : [{ labels, value: us / 1e6 }];
    }),
  });
  return [
    family(lastSuccess, ({ success }) => success?.endUs),
    family(lastFailure, ({ failureUs }) => failureUs),
    family(lastSuccessDuration, ({ success }) => success?.durationUs),
  ].filter(({ descriptor }) => settings.wants(descriptor.name));
}
