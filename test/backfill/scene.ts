import { onTestFinished } from 'vitest';
import { addRun, moveRun } from '../../doubles/prefect/additions.ts';
import type { PrefectDouble } from '../../doubles/prefect/api.ts';
import type { Workspace } from '../../doubles/prefect/workspace.ts';
import type { Receiver, ReceiverOptions } from '../../doubles/receiver/receiver.ts';
import type { BackfillReport } from '../../lib/backfill/backfill.ts';
import { type AskedBackfill, type BackfillSurroundings, runBackfill } from '../../lib/backfill/prepare.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import type { Exporter } from '../../lib/exporter.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Store } from '../../lib/stores/store.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { budgetMs, exporterFor, smallWorkspace, startPrefect, startTestReceiver } from '../tick/scene.ts';
import { createTickClock, type TickClock } from '../tick/tick-clock.ts';

export const minute = 60_000;
/** 10:00:00, where fake clocks start. */
export const ten = Date.UTC(2026, 10, 20, 10);

/** Minute after ten to value, by series: name and labels as JSON. */
export type Values = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

export interface BackfillScene {
  readonly clock: TickClock;
  readonly workspace: Workspace;
  readonly prefect: PrefectDouble;
  readonly receiver: Receiver;
  readonly ledger: Store;
  readonly state: Store;
  readonly environment: Readonly<Record<string, string>>;
  /** A run of `etl`/`nightly` (or another) that started late by some seconds and ended. @param minutes after ten */
  finish(minutes: number, options?: FinishOptions): string;
  /** One that has only started. */
  start(minutes: number, delaySeconds?: number): string;
  setTime(minutes: number): void;
  exporter(environment?: Readonly<Record<string, string>>): Exporter;
  tickAt(exporter: Exporter, minutes: number): Promise<unknown>;
  /** At the present time of the scene. */
  backfill(
    asked:
      | { since?: number; until?: number; interval?: number; output?: string; dryRun?: boolean }
      | 'resume',
    options?: Partial<Pick<BackfillSurroundings, 'signal' | 'onProgress'>> & {
      environment?: Readonly<Record<string, string>>;
      receiver?: Receiver;
    },
  ): Promise<BackfillReport>;
}

export interface FinishOptions {
  readonly type?: 'COMPLETED' | 'FAILED' | 'CRASHED';
  readonly seconds?: number;
  readonly delaySeconds?: number;
  readonly flow?: 'etl' | 'ml';
}

export async function openBackfillScene(rules?: ReceiverOptions['rules']): Promise<BackfillScene> {
  const clock = createTickClock();
  const outside = createFakeClock();
  const made: { workspace?: Workspace } = {};
  const prefect = await startPrefect(
    (its: FakeClock) => {
      its.setNow(ten - 3 * 3_600_000);
      made.workspace = smallWorkspace(its);
      its.setNow(ten);
      return made.workspace;
    },
    { clock: outside },
  );
  onTestFinished(() => prefect.stop());
  const { workspace } = made;
  if (workspace === undefined) throw new Error('no workspace');
  const receiver = await startTestReceiver({ clock: outside, ...(rules === undefined ? {} : { rules }) });
  const ledger = createMemoryStore({ clock });
  const state = createMemoryStore({ clock });
  const environment = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    WORKSPACE: 'test',
    STORE: 'memory:',
    MAX_RETRIES: '0',
  };
  const setTime = (minutes: number): void => {
    clock.setNow(ten + minutes * minute);
    outside.setNow(ten + minutes * minute);
  };
  const begin = (startUs: number, delaySeconds: number, flowName = 'etl') => {
    const flow = [...workspace.flows.values()].find(({ name }) => name === flowName);
    const deployment = [...workspace.deployments.values()].find(
      ({ name, flowId }) => name === 'nightly' && flowId === flow?.id,
    );
    if (flow === undefined || deployment === undefined) throw new Error('no deployment');
    const scheduledUs = startUs - delaySeconds * 1e6;
    const state = { type: 'SCHEDULED' as const, timestampUs: scheduledUs, scheduledUs };
    const run = addRun(workspace, { flow, deployment, createdUs: scheduledUs, state });
    moveRun(workspace, run, { type: 'RUNNING', timestampUs: startUs });
    return run;
  };
  return {
    clock,
    workspace,
    prefect,
    receiver,
    ledger,
    state,
    environment,
    setTime,
    finish(minutes, { type = 'COMPLETED', seconds = 10, delaySeconds = 4, flow = 'etl' } = {}) {
      const endUs = (ten + minutes * minute) * 1000;
      const run = begin(endUs - seconds * 1e6, delaySeconds, flow);
      moveRun(workspace, run, { type, timestampUs: endUs });
      return run.id;
    },
    start: (minutes, delaySeconds = 4) => begin((ten + minutes * minute) * 1000, delaySeconds).id,
    exporter: (more = {}) => exporterFor({ ...environment, ...more }, clock, { store: ledger }),
    tickAt(exporter, minutes) {
      setTime(minutes);
      const tick = exporter.tick(ten + minutes * minute, deadlineIn(budgetMs, clock));
      return clock.settle(tick.catch((error: Error) => error));
    },
    backfill(asked, { environment: more = {}, signal, onProgress, receiver: other } = {}) {
      const to = other === undefined ? {} : { REMOTE_WRITE_URL: other.writeUrl.href };
      const { config } = parseConfig(
        { ...environment, ...to, ...more },
        { readFile: () => '', collectors: allCollectors, sink: 'optional', where: 'command-line' },
      );
      const surroundings = {
        config,
        clock,
        signal: signal ?? new AbortController().signal,
        onProgress: onProgress ?? (() => undefined),
        stores: { ledger, state },
      };
      return clock.settle(runBackfill(surroundings, askedOf(asked)));
    },
  };
}

function askedOf(asked: Parameters<BackfillScene['backfill']>[0]): AskedBackfill {
  if (asked === 'resume') return { kind: 'resume' };
  const { since = 0, until, interval = 60, output, dryRun = false } = asked;
  return {
    kind: 'new',
    sinceMs: ten + since * minute,
    untilMs: until === undefined ? undefined : ten + until * minute,
    intervalMs: interval * 1000,
    output,
    dryRun,
  };
}

const families =
  /^prefect_flow_(?:runs_finished_total|run_retries_total|run_duration_seconds|run_start_delay_seconds)/;

/** What a receiver has of the families that are backfilled. */
export function backfilledValues(receiver: Receiver): Values {
  const all = receiver.series().filter(({ labels }) => families.test(labels.__name__ ?? ''));
  const byMinute = (samples: (typeof all)[number]['samples']) =>
    Object.fromEntries(
      samples.map(({ timestampMs, value, stale }) => [(timestampMs - ten) / minute, stale ? 'stale' : value]),
    );
  return Object.fromEntries(all.map(({ labels, samples }) => [JSON.stringify(labels), byMinute(samples)]));
}
