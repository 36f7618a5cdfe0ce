import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGate } from '../../lib/prefect/gate.ts';

describe('createGate', () => {
  it('never runs more than its number at a time, and runs all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 12 }),
        async (scheduler, maxRunning, ranks) => {
          const gate = createGate(maxRunning);
          let running = 0;
          let most = 0;
          const all = Promise.all(
            ranks.map((rank, index) =>
              gate.run(async () => {
                running += 1;
                most = Math.max(most, running);
                await scheduler.schedule(Promise.resolve());
                running -= 1;
                return index;
              }, rank),
            ),
          );
          await scheduler.waitFor(all);
          expect(await all).toEqual(ranks.map((_, index) => index));
          expect(most).toBe(Math.min(maxRunning, ranks.length));
        },
      ),
    );
  });

  it('starts the most urgent of those asked for in one turn, then in their order', async () => {
    const gate = createGate(1);
    const started: string[] = [];
    const task = (name: string, rank: number) =>
      gate.run(async () => {
        started.push(name);
      }, rank);
    await Promise.all([task('workers', 2), task('pools', 1), task('runs', 0), task('queues', 1)]);
    expect(started).toEqual(['runs', 'pools', 'queues', 'workers']);
  });

  it('goes on after a failure', async () => {
    const gate = createGate(1);
    const failing = gate.run(() => Promise.reject(new Error('broken')), 0);
    const next = gate.run(async () => 'done', 0);
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
  });
});
