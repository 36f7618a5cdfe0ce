import { createAsk } from './ask.ts';
import type { RequiredServer } from './require-server.ts';
import { startServerProcess } from './server-process.ts';

export interface PushgatewayServer {
  readonly url: string;
  readonly pid: number;
  /** What a Prometheus would scrape. */
  metrics(): Promise<string>;
  log(): string;
  stop(): Promise<void>;
}

export async function startPushgateway(required: RequiredServer): Promise<PushgatewayServer> {
  const server = await startServerProcess({
    name: required.name,
    binary: required.installed().binary,
    args: ({ port }) => [`--web.listen-address=127.0.0.1:${port}`],
    readyPath: '/-/ready',
  });
  const ask = createAsk(server.url);
  return {
    url: server.url,
    pid: server.pid,
    metrics: async () => (await ask('/metrics')).body,
    log: server.log,
    stop: server.stop,
  };
}
