import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';

const count: FamilyDescriptor = {
  name: 'prefect_automations',
  help: 'Automations, enabled or not.',
  type: 'gauge',
  labels: [],
  notes: 'Absent on Prefect 2 without its experimental events, which has no automations.',
};

export const automations = defineCollector({
  name: 'automations',
  set: 'native',
  byDefault: true,
  needs: ['automationCount'],
  families: [count],
  collect: ({ automationCount: value }) =>
    value === undefined ? [] : [{ descriptor: count, samples: [{ labels: {}, value }] }],
});
