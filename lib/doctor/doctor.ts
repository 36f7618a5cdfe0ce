import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Deadline } from '../deadline.ts';
import type { Problem } from '../problem.ts';
import { receiverIdentity } from '../receiver-identity.ts';
import { checkNetwork } from './network.ts';
import { checkPrefect } from './prefect.ts';
import type { Probes } from './probes.ts';
import { checkPushgateway } from './pushgateway.ts';
import { checkRemoteWrite } from './remote-write.ts';
import { type CheckReport, type CheckSection, checkReport } from './report.ts';
import { checkStore } from './store.ts';

export interface Doctor {
  /** Never rejects for what is wrong outside. @param warnings of the configuration */
  check(deadline: Deadline, warnings: readonly Problem[]): Promise<CheckReport>;
}

/**
 * Tries everything a tick needs, for real and without leaving a trace: all sides at once, so that a closed network
 * is told before the deadline. Nothing stays stored anywhere: an empty group is written to a Pushgateway and deleted,
 * a file beside a ledger in a file and removed.
 */
export function createDoctor(
  config: Config,
  clock: Clock,
  openProbes: (deadline: Deadline) => Probes,
): Doctor {
  return {
    async check(deadline, warnings) {
      const probes = openProbes(deadline);
      try {
        const [prefect, receiver, store] = await Promise.all([
          checkPrefect(config, probes, clock),
          checkReceiver(config, probes, clock),
          checkStore(config.store, { clock, identity: receiverIdentity(config) }, deadline),
        ]);
        const network = checkNetwork([prefect, receiver]);
        const sides = [prefect.section, receiver.section, store];
        return checkReport([configurationSection(warnings), ...sides, ...network]);
      } finally {
        await probes.close();
      }
    },
  };
}

const configurationSection = (warnings: readonly Problem[]): CheckSection => ({
  name: 'configuration',
  status: warnings.length > 0 ? 'warning' : 'ok',
  facts: warnings.length > 0 ? [] : ['every variable is understood'],
  problems: warnings,
});

async function checkReceiver({ sink }: Config, probes: Probes, clock: Clock) {
  switch (sink?.kind) {
    case 'remote-write':
      return checkRemoteWrite(sink, probes, clock);
    case 'pushgateway':
      return checkPushgateway(sink, probes, clock);
    case undefined: {
      const facts = ['not configured: set REMOTE_WRITE_URL or PUSHGATEWAY_URL'];
      const section: CheckSection = { name: 'receiver', status: 'skipped', facts, problems: [] };
      return { section, host: undefined, error: undefined };
    }
  }
}
