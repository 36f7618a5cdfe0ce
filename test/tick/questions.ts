import type { ReceivedRequest } from '../../doubles/server.ts';

/** One thing that the exporter asks Prefect. Three of them share an endpoint. */
export interface Question {
  readonly name: string;
  isAskedBy(request: ReceivedRequest): boolean;
  /** The collectors that cannot do without its answer, written down by hand from docs/METRICS.md. */
  readonly collectors: readonly string[];
  /** What else fails when the answer does not come until reading ends. */
  readonly whenItHangs?: readonly string[];
  /** The whole answer is a number: cut in half it is another number, and nobody can tell. */
  readonly isNumber?: true;
}

const pathIs = (pattern: RegExp) => (request: ReceivedRequest) => pattern.test(request.path);

const postWith = (path: string, text: RegExp) => (request: ReceivedRequest) =>
  request.path === path && text.test(request.body.toString());

const runsWith = (text: RegExp) => postWith('/api/flow_runs/filter', text);

const ofFinishedRuns = ['finished_runs', 'start_delays', 'last_runs'];

const ofDeployments = [
  ...ofFinishedRuns,
  'deployments',
  'deployment_objectives',
  'deployment_limits',
  'deployment_versions',
  'next_runs',
  'open_runs',
];

export const questions: readonly Question[] = [
  { name: 'finished runs', isAskedBy: runsWith(/"end_time"/), collectors: ofFinishedRuns },
  { name: 'finished task runs', isAskedBy: pathIs(/\/task_runs\/filter$/), collectors: ['task_runs'] },
  { name: 'events', isAskedBy: pathIs(/\/events\/count-by\/event$/), collectors: ['events'] },
  {
    name: 'active runs',
    isAskedBy: runsWith(/"RUNNING"/),
    collectors: ['open_runs', 'start_delays', 'work_pool_slots', 'work_queue_slots'],
  },
  {
    name: 'due runs',
    isAskedBy: runsWith(/"SCHEDULED".*"before_"/),
    collectors: ['open_runs', 'start_delays', 'upcoming_runs', 'work_queue_late_runs', 'work_queue_health'],
    // Active runs are asked for afterwards, so that a run that starts meanwhile is not lost between the lists.
    whenItHangs: ['work_pool_slots', 'work_queue_slots'],
  },
  {
    name: 'next runs',
    isAskedBy: (request) => runsWith(/"SCHEDULED"/)(request) && !runsWith(/"before_"/)(request),
    collectors: ['next_runs'],
  },
  {
    name: 'scheduled run count',
    isAskedBy: postWith('/api/flow_runs/count', /"SCHEDULED"/),
    collectors: ['upcoming_runs'],
    isNumber: true,
  },
  { name: 'history', isAskedBy: pathIs(/\/flow_runs\/history$/), collectors: ['history'] },
  {
    name: 'flows',
    isAskedBy: pathIs(/\/flows\/filter$/),
    collectors: ['flows', 'task_runs', ...ofDeployments],
  },
  { name: 'deployments', isAskedBy: pathIs(/\/deployments\/filter$/), collectors: ofDeployments },
  {
    name: 'work pools',
    isAskedBy: pathIs(/\/work_pools\/filter$/),
    collectors: ['work_pools', 'work_pool_slots', 'workers'],
  },
  {
    name: 'work queues',
    isAskedBy: pathIs(/\/work_queues\/filter$/),
    collectors: ['work_queues', 'work_queue_late_runs', 'work_queue_slots', 'work_queue_health'],
  },
  { name: 'workers', isAskedBy: pathIs(/\/work_pools\/[^/]+\/workers\/filter$/), collectors: ['workers'] },
  {
    name: 'workers of one pool',
    isAskedBy: pathIs(/\/work_pools\/gpu\/workers\/filter$/),
    collectors: ['workers'],
  },
  {
    name: 'concurrency limits',
    isAskedBy: pathIs(/\/v2\/concurrency_limits\/filter$/),
    collectors: ['concurrency_limits'],
  },
  {
    name: 'automation count',
    isAskedBy: pathIs(/\/automations\/count$/),
    collectors: ['automations'],
    isNumber: true,
  },
  { name: 'version', isAskedBy: pathIs(/\/admin\/version$/), collectors: ['server'] },
];
