import type { FamilyDescriptor, Labels } from '../metrics/family.ts';
import type { ConcurrencyLimit } from '../prefect/model.ts';
import { defineCollector } from './collector.ts';
import { flag } from './samples.ts';

const ofLimit = { type: 'gauge', labels: ['concurrency_limit', 'kind'] } as const;

const slots: FamilyDescriptor = {
  ...ofLimit,
  name: 'prefect_concurrency_limit_slots',
  help: 'Slots of the concurrency limit.',
  notes: '`kind` is `global` or `tag`. Limits of deployments are `prefect_deployment_concurrency_limit`.',
};

const slotsUsed: FamilyDescriptor = {
  ...ofLimit,
  name: 'prefect_concurrency_limit_slots_used',
  help: 'Slots of the concurrency limit that are taken.',
};

const active: FamilyDescriptor = {
  ...ofLimit,
  name: 'prefect_concurrency_limit_active',
  help: 'Whether the concurrency limit is enforced.',
};

/** Prefect keeps three kinds of limits in one list and tells them by the name. */
const tagPrefix = 'tag:';
const deploymentPrefix = 'deployment:';

export const concurrencyLimits = defineCollector({
  name: 'concurrency_limits',
  set: 'native',
  byDefault: true,
  needs: ['concurrencyLimits'],
  families: [slots, slotsUsed, active],
  collect({ concurrencyLimits }) {
    const listed = concurrencyLimits.filter(({ name }) => !name.startsWith(deploymentPrefix));
    const family = (descriptor: FamilyDescriptor, value: (limit: ConcurrencyLimit) => number) => ({
      descriptor,
      samples: listed.map((limit) => ({ labels: limitLabels(limit), value: value(limit) })),
    });
    return [
      family(slots, ({ limit }) => limit),
      family(slotsUsed, ({ active_slots }) => active_slots),
      family(active, (limit) => flag(limit.active)),
    ];
  },
});

const limitLabels = ({ name }: ConcurrencyLimit): Labels =>
  name.startsWith(tagPrefix)
    ? { concurrency_limit: name.slice(tagPrefix.length), kind: 'tag' }
    : { concurrency_limit: name, kind: 'global' };
