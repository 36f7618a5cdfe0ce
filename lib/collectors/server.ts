import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';

const info: FamilyDescriptor = {
  name: 'prefect_server_info',
  help: 'What answers: Prefect Cloud or a server of which version; always 1.',
  type: 'gauge',
  labels: ['edition', 'version'],
  notes: '`edition` is `cloud` or `server`. Prefect Cloud does not say its version.',
};

export const server = defineCollector({
  name: 'server',
  set: 'native',
  byDefault: true,
  needs: ['server'],
  families: [info],
  collect: ({ server: { edition, version } }) => [
    { descriptor: info, samples: [{ labels: { edition, version: version ?? '' }, value: 1 }] },
  ],
});
