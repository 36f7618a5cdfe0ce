import type { Family, FamilyDescriptor } from '../metrics/family.ts';
import { createTally } from '../metrics/tally.ts';
import type { NamedDeployment, NamedRun } from '../prefect/resources.ts';
import { toSeconds } from '../prefect/timestamps.ts';
import { type CollectContext, defineCollector } from './collector.ts';
import {
  deploymentRunLabels,
  runLabelNames,
  runLabels,
  selectedDeployments,
  selectsRun,
} from './run-labels.ts';
import { boundedStateName } from './state-names.ts';

const open: FamilyDescriptor = {
  name: 'prefect_flow_runs_open',
  help: 'Flow runs that are active, or scheduled and due.',
  type: 'gauge',
  labels: [...runLabelNames, 'state_type', 'state_name'],
  notes:
    'PENDING, RUNNING, PAUSED, CANCELLING, and SCHEDULED runs whose time has come; future runs are in ' +
    '`prefect_flow_runs_upcoming`. RUNNING/Running, PENDING/Pending and SCHEDULED/Late are zero-filled for each ' +
    'listed deployment. Names that are not Prefect\'s own are `state_name="other"`.',
  tagged: true,
  fold: 'sum',
};

const oldest: FamilyDescriptor = {
  name: 'prefect_flow_runs_open_oldest_timestamp_seconds',
  help: 'When the longest open flow run started (RUNNING), was due (SCHEDULED) or entered its state (others).',
  type: 'gauge',
  labels: [...runLabelNames, 'state_type'],
  notes:
    'RUNNING: the first start, kept over retries. SCHEDULED: the time it is scheduled for now; for a run that ' +
    'waits for a concurrency slot and never started, the time it was first scheduled for. Absent where nothing is open.',
  tagged: true,
  fold: 'min',
};

const zeroFilled = [
  { state_type: 'RUNNING', state_name: 'Running' },
  { state_type: 'PENDING', state_name: 'Pending' },
  { state_type: 'SCHEDULED', state_name: 'Late' },
] as const;

export const openRuns = defineCollector({
  name: 'open_runs',
  set: 'native',
  byDefault: true,
  needs: ['openRuns', 'deployments'],
  families: [open, oldest],
  collect({ openRuns, deployments }, context) {
    const runs = openRuns.filter((run) => selectsRun(context.selection, run));
    return [
      openFamily(runs, selectedDeployments(deployments, context), context),
      oldestFamily(runs, context),
    ];
  },
});

function openFamily(
  runs: readonly NamedRun[],
  deployments: readonly NamedDeployment[],
  context: CollectContext,
): Family {
  const tally = createTally('sum');
  for (const deployment of context.zeroFill ? deployments : []) {
    const labels = deploymentRunLabels(deployment);
    const tags = context.tagLabels(deployment);
    for (const state of zeroFilled) tally.add({ ...labels, ...state, ...tags }, 0);
  }
  for (const run of runs) {
    const { state_type } = run;
    const state = { state_type, state_name: boundedStateName(state_type, run.state_name) };
    tally.add({ ...runLabels(run), ...state, ...context.tagLabels(run.deployment) }, 1);
  }
  return { descriptor: open, samples: tally.samples() };
}

function oldestFamily(runs: readonly NamedRun[], context: CollectContext): Family {
  const tally = createTally('min');
  for (const run of runs) {
    const since = openSince(run);
    if (since === null) continue;
    const state = { state_type: run.state_type };
    tally.add({ ...runLabels(run), ...state, ...context.tagLabels(run.deployment) }, toSeconds(since));
  }
  return { descriptor: oldest, samples: tally.samples() };
}

function openSince(run: NamedRun): string | null {
  switch (run.state_type) {
    case 'RUNNING':
      return run.start_time ?? run.state_timestamp;
    case 'SCHEDULED':
      return dueTime(run) ?? run.state_timestamp;
    default:
      return run.state_timestamp;
  }
}

/** Prefect schedules a run that found no slot anew every 30 s: by that time it would never look overdue. */
function dueTime(run: NamedRun): string | null {
  const waitsForSlot = run.state_name === 'AwaitingConcurrencySlot' && run.start_time === null;
  return (
    (waitsForSlot ? run.expected_start_time : null) ??
    run.next_scheduled_start_time ??
    run.expected_start_time
  );
}
