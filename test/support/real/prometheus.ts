import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { askJson, createAsk } from './ask.ts';
import { createPromqlApi, type PromqlApi } from './promql.ts';
import type { RequiredServer } from './require-server.ts';
import { type Interruptible, startServerProcess } from './server-process.ts';

export interface PrometheusOptions {
  /** Entries of `scrape_configs`, as in Prometheus' configuration. */
  readonly scrapeConfigs?: readonly object[];
  /** `out_of_order_time_window`, for example 30m. */
  readonly outOfOrderWindow?: string;
  /** Names for --enable-feature. */
  readonly features?: readonly string[];
  /** A folder of blocks, copied into its storage before it starts. */
  readonly blocks?: string;
  /** False: without `--web.enable-remote-write-receiver`. */
  readonly receives?: boolean;
  /** TLS and basic auth: the web configuration, and what this process needs to get through it. */
  readonly web?: {
    readonly config: object;
    /** Certificates and keys by file name; the configuration names them without a directory. */
    readonly files?: Readonly<Record<string, string>>;
    readonly scheme: 'http' | 'https';
    readonly authorization?: string;
  };
}

export interface PrometheusServer extends PromqlApi, Interruptible {
  readonly url: string;
  readonly writeUrl: string;
  readonly pid: number;
  /** As the server itself says, for example 3.5.3+ds1. */
  reportedVersion(): Promise<string>;
  log(): string;
  stop(): Promise<void>;
}

const buildInfo = z.object({ data: z.object({ version: z.string() }) });

/** An empty Prometheus; it takes remote write unless it is told not to. */
export async function startPrometheus(
  required: RequiredServer,
  options: PrometheusOptions = {},
): Promise<PrometheusServer> {
  const { web } = options;
  const headers = web?.authorization === undefined ? {} : { authorization: web.authorization };
  const server = await startServerProcess({
    name: required.name,
    binary: required.installed().binary,
    args: ({ directory, port }) => [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...(options.receives === false ? [] : ['--web.enable-remote-write-receiver']),
      ...(web === undefined ? [] : [`--web.config.file=${join(directory, 'web.yml')}`]),
      ...(options.features ?? []).map((feature) => `--enable-feature=${feature}`),
    ],
    prepare: async ({ directory }) => {
      // JSON is YAML.
      const files = { 'prometheus.yml': JSON.stringify(configuration(options)), ...webFiles(options) };
      for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
      if (options.blocks !== undefined)
        await cp(options.blocks, join(directory, 'data'), { recursive: true });
    },
    readyPath: '/-/ready',
    headers,
    scheme: web?.scheme ?? 'http',
  });
  const ask = createAsk(server.url, headers);
  return {
    url: server.url,
    writeUrl: `${server.url}/api/v1/write`,
    pid: server.pid,
    ...createPromqlApi(ask),
    reportedVersion: async () => buildInfo.parse(await askJson(ask, '/api/v1/status/buildinfo')).data.version,
    log: server.log,
    halt: server.halt,
    resume: server.resume,
    stop: server.stop,
  };
}

function configuration({ scrapeConfigs = [], outOfOrderWindow }: PrometheusOptions): object {
  const storage = { tsdb: { out_of_order_time_window: outOfOrderWindow } };
  return { scrape_configs: scrapeConfigs, ...(outOfOrderWindow === undefined ? {} : { storage }) };
}

function webFiles({ web }: PrometheusOptions): Record<string, string> {
  return web === undefined ? {} : { ...web.files, 'web.yml': JSON.stringify(web.config) };
}
