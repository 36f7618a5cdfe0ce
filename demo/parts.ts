import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBundle } from './bundle.ts';
import type { Closing } from './closing.ts';
import { functionEnvironment } from './environment.ts';
import { startFunction } from './function.ts';
import type { DemoOptions } from './options.ts';
import { startDemoReceiver } from './receiver.ts';
import type { DemoSurroundings } from './surroundings.ts';
import type { Ticking } from './ticks.ts';
import { type DemoWorkspace, openWorkspace } from './workspace.ts';

/** Samples of a series, and ticks, that are remembered: ten minutes at the default interval. */
export const keep = 300;

/** The time limit of the function that serverless.yml deploys. */
const timeoutMs = 60_000;

export interface Parts {
  readonly workspace: DemoWorkspace;
  readonly ticking: Ticking;
}

/** Builds the bundle, and starts what stands around it, saying so. */
export async function startParts(
  { everySeconds }: DemoOptions,
  { env, clock, terminal }: DemoSurroundings,
  closing: Closing,
): Promise<Parts> {
  terminal.progress('demo: building the Lambda bundle');
  const bundle = await ensureBundle();
  terminal.print(`demo: ${bundle.built ? 'built' : 'takes'} the Lambda bundle dist/push-metrics/index.mjs`);
  const workspace = await openWorkspace(env, clock);
  closing.add(workspace.stop);
  const own = workspace.kind === 'server';
  terminal.print(
    own
      ? `demo: reads ${publicAddress(workspace.apiUrl)}; without PREFECT_API_URL it would read a made-up workspace`
      : `demo: reads a made-up workspace, served by this process at ${workspace.apiUrl}`,
  );
  const receiver = await startDemoReceiver({ keepMs: keep * everySeconds * 1000 });
  closing.add(receiver.stop);
  terminal.print(
    `demo: pushes every ${everySeconds} s to this process, ${receiver.writeUrl}; nothing leaves this machine`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'prefect-push-exporter-demo-'));
  closing.add(() => rm(folder, { recursive: true, force: true }));
  const lambda = startFunction({
    bundleUrl: bundle.url,
    environment: functionEnvironment(env, {
      everySeconds,
      receiverUrl: receiver.writeUrl,
      madeUpApiUrl: own ? undefined : workspace.apiUrl,
      ledgerPath: join(folder, 'ledger.json.gz'),
    }),
    timeoutMs,
  });
  closing.add(lambda.stop);
  return { workspace, ticking: { clock, everySeconds, lambda, receiver } };
}

/** Without user, password and query; what is not an address is not shown: the tick says what is wrong with it. */
export function publicAddress(text: string): string {
  const url = URL.parse(text);
  return url === null ? 'PREFECT_API_URL' : `${url.origin}${url.pathname}`;
}
