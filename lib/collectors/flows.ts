import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';

const count: FamilyDescriptor = {
  name: 'prefect_flows',
  help: 'Flows.',
  type: 'gauge',
  labels: [],
};

export const flows = defineCollector({
  name: 'flows',
  set: 'native',
  byDefault: true,
  needs: ['flows'],
  families: [count],
  collect: ({ flows }, { selection }) => [
    {
      descriptor: count,
      samples: [{ labels: {}, value: flows.filter(({ name }) => selection.flow(name)).length }],
    },
  ],
});
