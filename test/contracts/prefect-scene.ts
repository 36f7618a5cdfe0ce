import { isObject, type Json, type JsonObject } from '../../doubles/prefect/json.ts';
import { parseTimestamp } from '../../doubles/prefect/timestamps.ts';
import type { PrefectRequests } from '../support/prefect-requests.ts';
import type { SmallWorkload } from '../support/small-workload.ts';

/** A server under the contract, empty when it starts. */
export interface ContractServer {
  readonly apiUrl: string;
  /** The server's clock, ms since the Unix epoch. */
  nowMs(): number;
  stop(): Promise<void>;
}

export interface ContractOptions {
  readonly csrf?: boolean;
  /** `user:password`; Prefect 3 only. */
  readonly authString?: string;
  readonly defaultLimit?: number;
  /** Whether events are kept; not said: as the server does by itself. */
  readonly events?: boolean;
}

export interface PrefectContract {
  readonly name: string;
  readonly major: 2 | 3;
  readonly skip?: boolean;
  start(options?: ContractOptions): Promise<ContractServer>;
}

/** A started server with the small workload, and questions to it. */
export interface Scene {
  readonly server: ContractServer;
  readonly api: PrefectRequests;
  readonly workload: SmallWorkload;
}

/** Cases get the scene when they run: it is made in a hook. */
export type SceneOf = () => Scene;

export function sceneQuestions(sceneOf: SceneOf) {
  const rows = (path: string, body: JsonObject) => rowsOf(sceneOf().api, path, body);
  const runs = (flow_runs: JsonObject, rest: JsonObject = {}) =>
    rows('/flow_runs/filter', { sort: 'NAME_ASC', flow_runs, ...rest });
  const runNamed = async (name: string) => {
    const [run] = await runs({ name: { any_: [name] } });
    if (run === undefined) throw new Error(`no run ${name}`);
    return run;
  };
  const soon = (offsetSeconds: number) =>
    new Date(sceneOf().workload.nowMs + offsetSeconds * 1000).toISOString();
  return { rows, runs, runNamed, soon };
}

export async function rowsOf(api: PrefectRequests, path: string, body: JsonObject): Promise<JsonObject[]> {
  return listOf(await api.post(path, body));
}

export function listOf(value: Json | undefined): JsonObject[] {
  if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
  return value.filter(isObject);
}

export const names = (rows: readonly JsonObject[]) => rows.map((row) => String(row.name));

export const state = (run: JsonObject): JsonObject => (isObject(run.state) ? run.state : {});

/** Microseconds. */
export function instant(raw: Json | undefined): number {
  const us = typeof raw === 'string' ? parseTimestamp(raw) : undefined;
  if (us === undefined) throw new Error(`no time: ${JSON.stringify(raw)}`);
  return us;
}
