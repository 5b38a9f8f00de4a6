import { expect, test } from 'vitest';
import type { Clock } from '../../upstream/clock.ts';
import { BackgroundHealth } from './background-health.ts';

/** A clock whose timers fire when told to. */
function manualClock() {
  const due: { ms: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    random: () => 0.5,
    after: (ms, callback, argument) => {
      const timer = setTimeout(() => undefined, 2 ** 30);
      due.push({ ms, run: () => callback(argument) });
      clearTimeout(timer);
      return timer;
    },
    cancel: () => void due.splice(0),
  };
  return { clock, due };
}

test('a round starts at once and again after each interval', async () => {
  const { clock, due } = manualClock();
  let rounds = 0;
  const background = new BackgroundHealth(clock, async () => ++rounds, 5_000);
  expect(await background.latest()).toBe(1);
  expect(due.map(({ ms }) => ms)).toEqual([5_000]);
  due.shift()?.run();
  expect(await background.latest()).toBe(1);
  await expect.poll(() => background.latest()).toBe(2);
  expect(due).toHaveLength(1);
});

test('closed, it asks no more', async () => {
  const { clock, due } = manualClock();
  const background = new BackgroundHealth(clock, async () => 1, 5_000);
  await background.latest();
  background.close();
  expect(due).toHaveLength(0);
});
