import type { FamilyDescriptor } from '../metrics/family.ts';
import type { WorkPool } from '../prefect/model.ts';
import { defineCollector } from './collector.ts';
import { flag, known, ready } from './samples.ts';

const ofPool = { type: 'gauge', labels: ['work_pool'] } as const;

const info: FamilyDescriptor = {
  ...ofPool,
  name: 'prefect_work_pool_info',
  help: 'The work pool and its type; always 1.',
  labels: ['work_pool', 'type'],
};

const isReady: FamilyDescriptor = {
  ...ofPool,
  name: 'prefect_work_pool_ready',
  help: 'Whether the work pool is ready, as Prefect says.',
  notes: 'Absent for pools of agents, of which Prefect does not say it.',
};

const paused: FamilyDescriptor = {
  ...ofPool,
  name: 'prefect_work_pool_paused',
  help: 'Whether the work pool is paused.',
};

const limit: FamilyDescriptor = {
  ...ofPool,
  name: 'prefect_work_pool_concurrency_limit',
  help: 'How many runs of the work pool may be pending or running at a time.',
  notes: 'Absent where there is no limit.',
};

const count: FamilyDescriptor = {
  name: 'prefect_work_pools',
  help: 'Work pools.',
  type: 'gauge',
  labels: [],
};

export const workPools = defineCollector({
  name: 'work_pools',
  set: 'native',
  byDefault: true,
  needs: ['workPools'],
  families: [info, isReady, paused, limit, count],
  collect({ workPools }, { selection }) {
    const selected = workPools.filter(({ name }) => selection.workPool(name));
    const family = (descriptor: FamilyDescriptor, value: (pool: WorkPool) => number | null) => ({
      descriptor,
      samples: selected.flatMap((pool) => known({ work_pool: pool.name }, value(pool))),
    });
    return [
      {
        descriptor: info,
        samples: selected.map(({ name, type }) => ({ labels: { work_pool: name, type }, value: 1 })),
      },
      family(isReady, ({ status }) => ready(status)),
      family(paused, ({ is_paused }) => flag(is_paused)),
      family(limit, ({ concurrency_limit }) => concurrency_limit),
      { descriptor: count, samples: [{ labels: {}, value: selected.length }] },
    ];
  },
});
