import type { Family } from '../lib/metrics/family.ts';

const states = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED', 'RUNNING', 'PENDING', 'SCHEDULED', 'PAUSED'];
const families = ['prefect_flow_runs_open', 'prefect_flow_runs', 'prefect_flow_run_duration_seconds_avg'];

/** A tick of a large workspace: families of flow, deployment, pool and queue, eight labels with the name. */
export function largeBatch(series: number): Family[] {
  const perFamily = Math.ceil(series / families.length);
  return families.map((name, family) => ({
    descriptor: { name, help: 'Runs.', type: 'gauge', labels: [] },
    samples: Array.from({ length: Math.min(perFamily, series - family * perFamily) }, (_, index) => {
      const deployment = Math.floor(index / states.length);
      return {
        labels: {
          workspace: 'acme/production',
          job: 'prefect-exporter',
          flow: `flow-${deployment % 97}-daily-ingest`,
          deployment: `deployment-${deployment}-production`,
          work_pool: `pool-${deployment % 7}`,
          work_queue: deployment % 3 === 0 ? 'high' : 'default',
          state_type: states[index % states.length] ?? '',
        },
        value: (index * 31) % 1_009,
      };
    }),
  }));
}
