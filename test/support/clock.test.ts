import { expect, test } from 'vitest';
import { createFakeClock } from './clock.ts';

test('callbacks and sleeps run in order, each at its own time, new ones too', async () => {
  const clock = createFakeClock({ nowMs: 1_000 });
  const ran: string[] = [];
  const note = (name: string) => ran.push(`${name} at ${clock.now()}`);
  clock.after(30, () => note('later'));
  clock.after(10, () => note('sooner'));
  clock.after(20, () => note('never'))();
  const twice = async () => {
    await clock.sleep(15);
    note('slept');
    await clock.sleep(10);
    note('slept again');
  };
  const sleeping = twice();
  await clock.advance(40);
  await sleeping;
  expect(ran).toEqual(['sooner at 1010', 'slept at 1015', 'slept again at 1025', 'later at 1030']);
  expect([clock.now(), clock.monotonic(), clock.pending()]).toEqual([1_040, 40, 0]);
  expect(clock.slept).toEqual([15, 10]);
});

test('time stands still otherwise', async () => {
  const clock = createFakeClock();
  clock.after(1, () => expect.unreachable());
  await clock.advance(0);
  expect(clock.monotonic()).toBe(0);
  expect(clock.pending()).toBe(1);
});

test('a sleep ends when it is aborted', async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow('enough');
  expect(clock.pending()).toBe(0);
});

test('by itself, a sleep moves the time and what comes due within it', async () => {
  const clock = createFakeClock({ autoAdvance: true, nowMs: 0 });
  const ran: number[] = [];
  clock.after(5, () => ran.push(clock.now()));
  await clock.sleep(10);
  expect([clock.now(), ran]).toEqual([10, [5]]);
});

test('chance is the same for every new clock', () => {
  const [one, two] = [createFakeClock(), createFakeClock()];
  const draw = (clock: typeof one) => [clock.random(), clock.random(), clock.uuid(), clock.uuid()];
  const drawn = draw(one);
  expect(draw(two)).toEqual(drawn);
  expect(new Set(drawn).size).toBe(4);
});
