import type { Fold } from './lines.ts';

/** A chart of the first view. */
export interface Panel {
  readonly title: string;
  readonly family: string;
  /** Labels whose combinations become lines. */
  readonly by: readonly string[];
  readonly fold: Fold;
  /** Label values a series must have. */
  readonly where?: Readonly<Record<string, string>>;
  /** What it means that the family arrives and has no such series. */
  readonly empty: string;
}

/** In the order in which somebody who was just paged asks. */
export const overview: readonly Panel[] = [
  {
    title: 'Open runs by state',
    family: 'prefect_flow_runs_open',
    by: ['state_name'],
    fold: 'sum',
    empty: 'No run is open.',
  },
  {
    title: 'Oldest overdue run per queue',
    family: 'prefect_flow_runs_open_oldest_timestamp_seconds',
    by: ['work_pool', 'work_queue'],
    fold: 'min',
    where: { state_type: 'SCHEDULED' },
    empty: 'No run is overdue.',
  },
  {
    title: 'Late runs per queue',
    family: 'prefect_work_queue_late_runs',
    by: ['work_pool', 'work_queue'],
    fold: 'sum',
    empty: 'There is no work queue.',
  },
  {
    title: 'Longest running',
    family: 'prefect_flow_runs_open_oldest_timestamp_seconds',
    by: ['flow', 'deployment'],
    fold: 'min',
    where: { state_type: 'RUNNING' },
    empty: 'No run is running.',
  },
  {
    title: 'Workers online per pool',
    family: 'prefect_work_pool_workers_online',
    by: ['work_pool'],
    fold: 'sum',
    empty: 'No pool has workers of its own.',
  },
  {
    title: 'Slots used per pool',
    family: 'prefect_work_pool_slots_used',
    by: ['work_pool'],
    fold: 'sum',
    empty: 'There is no work pool.',
  },
  {
    title: 'Concurrency limits: slots used',
    family: 'prefect_concurrency_limit_slots_used',
    by: ['concurrency_limit'],
    fold: 'sum',
    empty: 'There is no concurrency limit.',
  },
  {
    title: 'Runs planned for later',
    family: 'prefect_flow_runs_upcoming',
    by: ['workspace'],
    fold: 'sum',
    empty: 'No run is planned.',
  },
  {
    title: 'Tick duration by phase',
    family: 'prefect_exporter_tick_duration_seconds',
    by: ['phase'],
    fold: 'sum',
    empty: 'No tick has told its duration yet.',
  },
];
