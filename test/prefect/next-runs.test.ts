import { describe, expect, it } from 'vitest';
import type { Deployment, FlowRun } from '../../lib/prefect/model.ts';
import { findNextRuns } from '../../lib/prefect/next-runs.ts';
import { deployment as deploymentSchema, flowRun } from '../../lib/prefect/schemas.ts';
import { deploymentRow, runRow } from './rows.ts';

const deployment = (id: string, fields: object = {}): Deployment =>
  deploymentSchema.parse(deploymentRow(id, 'f', { schedules: [{ active: true }], ...fields }));

const run = (deploymentId: string | null, minute: string): FlowRun =>
  flowRun.parse(
    runRow(`r-${deploymentId}-${minute}`, 'f', {
      deployment_id: deploymentId,
      next_scheduled_start_time: `2026-11-20T10:${minute}:00Z`,
    }),
  );

/** Counts the pages that were taken. */
function createPages(pages: readonly (readonly FlowRun[])[]) {
  const taken = { count: 0 };
  const generator = (async function* () {
    for (const page of pages) {
      taken.count += 1;
      yield page;
    }
  })();
  return { taken, generator };
}

describe('findNextRuns', () => {
  it('takes the first run of each deployment and stops when each has one', async () => {
    const { taken, generator } = createPages([
      [run('a', '01'), run('a', '02'), run(null, '02')],
      [run('a', '03'), run('b', '03')],
      [run('b', '04')],
    ]);
    const next = await findNextRuns(generator, [deployment('a'), deployment('b')]);
    expect(Object.fromEntries(next)).toEqual({ a: '2026-11-20T10:01:00Z', b: '2026-11-20T10:03:00Z' });
    expect(taken.count).toBe(2);
  });

  it('reads to the end for a deployment that has none', async () => {
    const { taken, generator } = createPages([[run('a', '01')], [run('a', '02')]]);
    const next = await findNextRuns(generator, [deployment('a'), deployment('b')]);
    expect([...next.keys()]).toEqual(['a']);
    expect(taken.count).toBe(2);
  });

  it('does not wait for, nor show, deployments that are paused or have no active schedule', async () => {
    const { taken, generator } = createPages([
      [run('b', '01'), run('c', '01'), run('a', '02')],
      [run('d', '03')],
    ]);
    const next = await findNextRuns(generator, [
      deployment('a'),
      deployment('b', { paused: true }),
      deployment('c', { schedules: [{ active: false }] }),
      deployment('d', { schedules: [] }),
    ]);
    expect([...next.keys()]).toEqual(['a']);
    expect(taken.count).toBe(1);
  });

  it('reads nothing when nothing is scheduled', async () => {
    const { taken, generator } = createPages([[run('a', '01')]]);
    expect(await findNextRuns(generator, [])).toEqual(new Map());
    expect(taken.count).toBe(0);
  });

  it('fails with the pages', async () => {
    const generator = (async function* () {
      yield [run('a', '01')];
      throw new Error('no end');
    })();
    await expect(findNextRuns(generator, [deployment('a'), deployment('b')])).rejects.toThrow('no end');
  });
});
