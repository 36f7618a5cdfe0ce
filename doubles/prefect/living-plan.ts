/** What the made-up company runs. Durations and intervals in seconds, chances from 0 to 1. */
export interface DeploymentPlan {
  readonly flow: string;
  readonly name: string;
  /** `pool/queue`; undefined for one that only runs where it is called. */
  readonly queue: string | undefined;
  readonly tags?: readonly string[];
  readonly everySeconds?: number;
  readonly isScheduleActive?: boolean;
  readonly paused?: boolean;
  readonly typicalSeconds: number;
  readonly failing?: number;
  readonly crashing?: number;
  readonly retries?: number;
  readonly concurrencyLimit?: number;
  /** Starts a subflow run of this flow. */
  readonly child?: string;
  /** Waits for a person in the middle. */
  readonly pauses?: boolean;
}

export interface PoolPlan {
  readonly name: string;
  readonly type: string;
  readonly concurrencyLimit?: number;
  readonly queues: readonly { readonly name: string; readonly concurrencyLimit?: number }[];
  readonly workers: readonly { readonly name: string; readonly livesSeconds?: number }[];
}

/** Seconds of made-up past that are there at the start. */
export const pastSeconds = 3 * 3600;

export const poolPlans: readonly PoolPlan[] = [
  {
    name: 'kubernetes',
    type: 'kubernetes',
    concurrencyLimit: 12,
    queues: [{ name: 'critical' }, { name: 'batch', concurrencyLimit: 4 }],
    workers: [{ name: 'k8s-worker-a' }, { name: 'k8s-worker-b', livesSeconds: pastSeconds + 600 }],
  },
  {
    name: 'gpu',
    type: 'kubernetes',
    queues: [{ name: 'training' }],
    // Nobody has worked here for a while: runs pile up.
    workers: [{ name: 'gpu-worker-a', livesSeconds: pastSeconds - 5400 }],
  },
  { name: 'serverless', type: 'ecs:push', queues: [], workers: [] },
];

export const deploymentPlans: readonly DeploymentPlan[] = [
  {
    flow: 'ingest-orders',
    name: 'production',
    queue: 'kubernetes/critical',
    tags: ['team:data', 'env:prod', 'slo.freshness:26h', 'slo.duration:10m'],
    everySeconds: 300,
    typicalSeconds: 150,
    failing: 0.05,
    retries: 2,
    child: 'load-table',
  },
  {
    flow: 'ingest-orders',
    name: 'staging',
    queue: 'kubernetes/batch',
    tags: ['team:data', 'env:staging'],
    everySeconds: 900,
    typicalSeconds: 70,
    failing: 0.2,
  },
  {
    flow: 'ingest-payments',
    name: 'production',
    queue: 'kubernetes/critical',
    tags: ['team:finance', 'env:prod', 'slo.freshness:2h', 'slo.start-delay:5m'],
    everySeconds: 600,
    typicalSeconds: 320,
    failing: 0.03,
    retries: 1,
  },
  {
    flow: 'ingest-payments',
    name: 'backfill',
    queue: 'kubernetes/batch',
    tags: ['team:finance', 'env:prod'],
    paused: true,
    everySeconds: 3600,
    isScheduleActive: false,
    typicalSeconds: 900,
  },
  {
    flow: 'sync-crm',
    name: 'hourly',
    queue: 'kubernetes/batch',
    tags: ['team:sales', 'env:prod', 'slo.freshness:26h'],
    everySeconds: 1800,
    typicalSeconds: 600,
    crashing: 0.2,
  },
  {
    flow: 'sync-crm',
    name: 'quick',
    queue: 'serverless/default',
    tags: ['team:sales', 'env:prod'],
    everySeconds: 120,
    typicalSeconds: 70,
    failing: 0.02,
  },
  {
    flow: 'train-forecast',
    name: 'weekly-model',
    queue: 'gpu/training',
    tags: ['team:ml', 'env:prod', 'slo.start-delay:10m'],
    everySeconds: 600,
    typicalSeconds: 1500,
    concurrencyLimit: 1,
  },
  {
    flow: 'train-forecast',
    name: 'experiments',
    queue: 'gpu/training',
    tags: ['team:ml', 'env:dev'],
    everySeconds: 1800,
    typicalSeconds: 2400,
  },
  {
    flow: 'score-leads',
    name: 'production',
    queue: 'kubernetes/critical',
    tags: ['team:ml', 'env:prod'],
    everySeconds: 600,
    typicalSeconds: 1000,
    failing: 0.08,
    retries: 1,
    concurrencyLimit: 1,
  },
  {
    flow: 'monthly-close',
    name: 'finance',
    queue: 'kubernetes/batch',
    tags: ['team:finance', 'env:prod', 'slo.duration:2h'],
    everySeconds: 3600,
    typicalSeconds: 1200,
    pauses: true,
  },
  {
    flow: 'export-reports',
    name: 'nightly',
    queue: 'kubernetes/batch',
    tags: ['team:finance', 'env:prod', 'slo.freshness:26h'],
    everySeconds: 1800,
    typicalSeconds: 1000,
    failing: 0.05,
  },
  {
    flow: 'export-reports',
    name: 'full',
    queue: 'kubernetes/batch',
    tags: ['team:finance', 'env:prod', 'slo.duration:2h'],
    typicalSeconds: 3000,
  },
  { flow: 'load-table', name: 'adhoc', queue: 'serverless/default', typicalSeconds: 30 },
  {
    flow: 'check-quality',
    name: 'hourly',
    queue: 'kubernetes/critical',
    tags: ['team:data', 'env:prod'],
    everySeconds: 1200,
    typicalSeconds: 45,
    failing: 0.15,
  },
  {
    flow: 'check-quality',
    name: 'after-load',
    queue: 'serverless/default',
    tags: ['team:data', 'env:prod'],
    everySeconds: 300,
    typicalSeconds: 12,
  },
  {
    flow: 'clean-storage',
    name: 'daily',
    queue: 'kubernetes/batch',
    tags: ['team:platform', 'env:prod'],
    everySeconds: 10_800,
    typicalSeconds: 900,
  },
  {
    flow: 'send-newsletter',
    name: 'production',
    queue: 'serverless/default',
    tags: ['team:sales', 'env:prod'],
    everySeconds: 3600,
    typicalSeconds: 90,
    failing: 0.05,
    retries: 3,
  },
  {
    flow: 'geocode',
    name: 'stream',
    queue: 'serverless/default',
    tags: ['team:data', 'env:prod'],
    everySeconds: 60,
    typicalSeconds: 45,
    failing: 0.01,
  },
  {
    flow: 'geocode',
    name: 'bulk',
    queue: 'kubernetes/batch',
    tags: ['team:data', 'env:prod'],
    everySeconds: 2700,
    typicalSeconds: 2300,
    crashing: 0.05,
  },
  { flow: 'notebook', name: 'scratch', queue: undefined, tags: ['env:dev'], typicalSeconds: 240 },
];
