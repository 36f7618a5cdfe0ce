import type { Secret } from '../secret.ts';

/** Everything that can be set, parsed and checked. `parse.ts` makes it from the environment. */
export interface Config {
  readonly prefect: PrefectConfig;
  /** Undefined only where the command does not push (`preview`, `check`). */
  readonly sink: SinkConfig | undefined;
  readonly tick: TickConfig;
  readonly store: StoreConfig;
  readonly series: SeriesConfig;
  readonly ledger: LedgerConfig;
  readonly network: NetworkConfig;
  readonly log: LogConfig;
}

export interface PrefectConfig {
  /** Without trailing slash, such as `http://127.0.0.1:4200/api`. */
  readonly apiUrl: URL;
  readonly auth: PrefectAuth;
  readonly csrf: 'auto' | boolean;
  /** PAGINATION_LIMIT; undefined: the server's own maximum. */
  readonly pageSize: number | undefined;
  /** How often a failed request is sent again. */
  readonly maxRetries: number;
  /** WORKSPACE; undefined: the handle of the Cloud workspace, or the host of the server. */
  readonly workspace: string | undefined;
}

export type PrefectAuth =
  | { readonly kind: 'key'; readonly key: Secret }
  /** `user:password`. */
  | { readonly kind: 'basic'; readonly authString: Secret }
  | { readonly kind: 'none' };

export type SinkConfig = RemoteWriteConfig | PushgatewayConfig;

export type SinkAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'bearer'; readonly token: Secret }
  /** Remote write only. */
  | SigV4Auth
  | { readonly kind: 'none' };

/** Every request is signed (AWS Signature Version 4), with credentials that the AWS SDK finds. */
export interface SigV4Auth {
  readonly kind: 'sigv4';
  readonly region: string;
  /** `aps` for Amazon Managed Prometheus. */
  readonly service: string;
  /** A role to assume; undefined: the credentials sign themselves. */
  readonly roleArn: string | undefined;
  /** Where that role is asked for: the region of this process, else the one that is signed for. */
  readonly stsRegion: string;
}

export interface RemoteWriteConfig {
  readonly kind: 'remote-write';
  readonly url: URL;
  readonly auth: SinkAuth;
  /** REMOTE_WRITE_HEADERS and X-Scope-OrgID from REMOTE_WRITE_TENANT; lower-case names, no reserved ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxSeriesPerRequest: number;
  /** Requests in flight at a time. */
  readonly concurrency: number;
  readonly maxRetries: number;
}

export interface PushgatewayConfig {
  readonly kind: 'pushgateway';
  /** Without trailing slash. */
  readonly url: URL;
  readonly auth: SinkAuth;
  readonly job: string;
  /** More labels of the grouping key; `workspace` is added by the wiring when it is not here. */
  readonly grouping: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

export interface TickConfig {
  readonly intervalSeconds: number;
}

/** Where the ledger is; `ledger` says whether there is one. */
export type StoreConfig = MemoryStoreConfig | FileStoreConfig | S3StoreConfig;

export interface MemoryStoreConfig {
  readonly kind: 'memory';
  /** False in Lambda, where two containers would send different values for one instant. */
  readonly ledger: boolean;
}

export interface FileStoreConfig {
  readonly kind: 'file';
  /** As it was given: relative to the working directory, or absolute. */
  readonly path: string;
  readonly ledger: true;
}

export interface S3StoreConfig {
  readonly kind: 's3';
  readonly bucket: string;
  /** Without a slash at its beginning. */
  readonly key: string;
  /** Of a server that is compatible with S3; undefined: AWS. */
  readonly endpoint: URL | undefined;
  /** Undefined: that of the AWS profile. */
  readonly region: string | undefined;
  readonly ledger: true;
}

export interface SeriesConfig {
  /** On every sample; holds `job` at least. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Keys of tags `key:value` that become labels. */
  readonly deploymentTagLabels: readonly string[];
  readonly maxSeries: number;
  readonly detail: 'deployment' | 'flow' | 'lean';
  /** ZERO_FILL; undefined: by `detail`. */
  readonly zeroFill: boolean | undefined;
  readonly metricSets: readonly ('native' | 'history')[];
  /** Names of collectors; undefined: those on by default. */
  readonly collectors: readonly string[] | undefined;
  /** Families left out, by name. */
  readonly metricsExclude: RegExp | undefined;
  readonly flows: NamePatterns;
  readonly deployments: NamePatterns;
  readonly workPools: NamePatterns;
  readonly historyWindowMinutes: number;
}

export interface LedgerConfig {
  /** How long samples wait for the receiver, and how far back missed ticks are written. */
  readonly outboxMinutes: number;
  readonly retentionDays: number;
  /** Upper bounds, seconds, ascending. */
  readonly durationBuckets: readonly number[];
  readonly durationStateTypes: readonly string[];
  /** Upper bounds, seconds, ascending. */
  readonly startDelayBuckets: readonly number[];
  readonly startDelayBy: 'work_queue' | 'deployment';
  /** RUN_LABELS=trigger. */
  readonly trigger: boolean;
}

/** A name is selected when it matches `include` (or there is none) and does not match `exclude`. */
export interface NamePatterns {
  readonly include: RegExp | undefined;
  readonly exclude: RegExp | undefined;
}

export interface NetworkConfig {
  /** PEM files for a private authority and for mutual TLS. */
  readonly ca: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: Secret | undefined;
  readonly httpsProxy: string | undefined;
  readonly httpProxy: string | undefined;
  readonly noProxy: string | undefined;
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** CloudWatch embedded metric format beside the log line. */
  readonly emf: boolean;
}
