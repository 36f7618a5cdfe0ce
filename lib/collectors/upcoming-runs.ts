import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';

const upcoming: FamilyDescriptor = {
  name: 'prefect_flow_runs_upcoming',
  help: 'Flow runs that are scheduled for the future.',
  type: 'gauge',
  labels: [],
  notes:
    'All SCHEDULED runs less those that are due. 0 while schedules are active means that nothing plans runs any ' +
    'more. Of the whole workspace: includes and excludes do not apply.',
};

export const upcomingRuns = defineCollector({
  name: 'upcoming_runs',
  set: 'native',
  byDefault: true,
  needs: ['scheduledRunCount', 'dueRuns'],
  families: [upcoming],
  collect: ({ scheduledRunCount, dueRuns }) => [
    // Two requests a moment apart: a run that became due in between must not make it negative.
    {
      descriptor: upcoming,
      samples: [{ labels: {}, value: Math.max(0, scheduledRunCount - dueRuns.length) }],
    },
  ],
});
