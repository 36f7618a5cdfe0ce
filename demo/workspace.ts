import { startPrefectDouble } from '../doubles/prefect/api.ts';
import { createLivingWorkspace } from '../doubles/prefect/living.ts';
import type { Clock } from '../lib/clock.ts';
import { ownServer } from './environment.ts';

/** The workspace that the demo reads. */
export interface DemoWorkspace {
  readonly kind: 'made-up' | 'server';
  readonly apiUrl: string;
  stop(): Promise<void>;
}

/** The server of PREFECT_API_URL, which is left as it is, or else a made-up workspace that lives in this process. */
export async function openWorkspace(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<DemoWorkspace> {
  const apiUrl = ownServer(env);
  if (apiUrl !== undefined) return { kind: 'server', apiUrl, stop: async () => {} };
  const living = createLivingWorkspace({ clock });
  const double = await startPrefectDouble({
    workspace: living.workspace,
    clock,
    beforeAnswer: () => living.advance(),
  });
  return { kind: 'made-up', apiUrl: double.apiUrl, stop: double.stop };
}
