import { describe, expect, test } from 'vitest';
import { virtualClock } from '../../test/support/virtual-clock.ts';
import { ANSWER_MS, SILENCE_MS } from '../core/lease/exchange.ts';
import { AskLoop, type Dialogue, type LoopState } from './ask-loop.ts';
import { CALLS_PER_SECOND, CallRate } from './call-rate.ts';
import type { RedisConnection } from './redis-connection.ts';

/** A Redis that answers after `delayMs`, does not answer (Infinity), or answers with an error. */
interface Behaviour {
  delayMs: number;
  error: string | undefined;
  connects: boolean;
}

function stage(pauseMs = 250) {
  const clock = virtualClock();
  const redis: Behaviour = { delayMs: 1, error: undefined, connects: true };
  const seen = {
    calls: [] as number[],
    answers: [] as boolean[],
    late: 0,
    unanswered: 0,
    closed: 0,
    connects: 0,
    farewells: 0,
  };
  const states: LoopState[] = [];
  /** Settles when an answer has been taken in. */
  const takingIn = { done: Promise.resolve() };
  const ended: string[] = [];
  const connection: RedisConnection = {
    send: () => Promise.reject(new Error('the dialogue calls')),
    close: () => void (seen.closed += 1),
  };
  const reply = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { delayMs, error } = redis;
      if (delayMs === Infinity) return;
      clock.after(delayMs, () => (error === undefined ? resolve('reply') : reject(new Error(error))), undefined);
    });
  const dialogue: Dialogue = {
    call: () => {
      seen.calls.push(clock.now());
      return reply();
    },
    answered: async (answer, wasLate) => {
      if (answer !== 'reply') throw new Error('nonsense');
      await takingIn.done;
      seen.answers.push(wasLate);
    },
    late: () => void (seen.late += 1),
    unanswered: () => void (seen.unanswered += 1),
    farewell: () => {
      seen.farewells += 1;
      return reply();
    },
    pauseMs: () => pauseMs,
  };
  const loop = new AskLoop({
    clock,
    connect: () => {
      seen.connects += 1;
      return redis.connects ? Promise.resolve(connection) : Promise.reject(new Error('connect ECONNREFUSED'));
    },
    dialogue,
    onState: (state) => void states.push(state),
    onCall: ({ outcome, durationMs }) => void ended.push(`${outcome} ${durationMs}`),
  });
  return { clock, redis, seen, states, ended, takingIn, loop, kinds: () => states.map(({ kind }) => kind) };
}

describe('a loop whose Redis answers', () => {
  test('asks at every turn', async () => {
    const { clock, seen, ended, loop, kinds } = stage();
    loop.start();
    await clock.advance(2_000);
    expect(seen.calls.length).toBe(8);
    expect(seen.answers).toEqual(Array(8).fill(false));
    expect(seen).toMatchObject({ unanswered: 0, connects: 1 });
    expect(kinds()).toEqual(['up']);
    expect(ended).toEqual(Array(8).fill('answered 1'));
  });

  test('asks sooner for whoever is in need, one call at a time', async () => {
    const { clock, seen, loop } = stage();
    loop.start();
    await clock.advance(10);
    loop.hurry();
    loop.hurry();
    await clock.advance(0);
    loop.hurry();
    await clock.advance(10);
    expect(seen.calls.map((at) => at - 1_000_000)).toEqual([0, 10]);
  });

  test('keeps the bound however many are in need', async () => {
    const { clock, seen, loop } = stage();
    loop.start();
    for (let ms = 0; ms < 3_000; ms++) {
      loop.hurry();
      await clock.advance(1);
    }
    for (const begin of seen.calls) {
      const within = seen.calls.filter((at) => at >= begin && at < begin + 1_000);
      expect(within.length).toBeLessThanOrEqual(CALLS_PER_SECOND);
    }
    expect(seen.calls.length).toBeGreaterThan(45);
    const gaps = seen.calls.slice(10).map((at, index) => at - (seen.calls[index + 9] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(66);
  });

  test('asks nothing further before an answer has been taken in', async () => {
    const { clock, seen, takingIn, loop } = stage();
    const { promise, resolve } = Promise.withResolvers<void>();
    takingIn.done = promise;
    loop.start();
    await clock.advance(10);
    loop.hurry();
    await clock.advance(5_000);
    expect(seen).toMatchObject({ calls: [1_000_000], answers: [], unanswered: 0 });
    resolve();
    await clock.advance(0);
    expect(seen.answers).toEqual([false]);
    await clock.advance(300);
    expect(seen.calls.length).toBe(2);
  });

  test('gives back what it holds at the end, and then asks no more', async () => {
    const { clock, seen, loop } = stage();
    loop.start();
    await clock.advance(10);
    const stopped = loop.stop();
    await clock.advance(5_000);
    await stopped;
    await loop.stop();
    loop.hurry();
    await clock.advance(5_000);
    expect(seen).toMatchObject({ farewells: 1, closed: 1 });
    expect(seen.calls.length).toBe(1);
  });

  test('hears the answer that is under way before it goes', async () => {
    const { clock, redis, seen, loop } = stage();
    redis.delayMs = 30;
    loop.start();
    await clock.advance(1);
    const stopped = loop.stop();
    await clock.advance(100);
    await stopped;
    expect(seen).toMatchObject({ answers: [false], farewells: 1 });
  });
});

describe('a loop whose Redis is in trouble', () => {
  test('says so once when it cannot be reached, and once when it can', async () => {
    const { clock, redis, seen, states, loop } = stage();
    redis.connects = false;
    loop.start();
    await clock.advance(20_000);
    expect(states).toEqual([{ kind: 'down', reason: 'connect ECONNREFUSED' }]);
    expect(seen.connects).toBeGreaterThan(40);
    expect(seen.connects).toBeLessThan(70);
    redis.connects = true;
    await clock.advance(1_100);
    expect(states.map(({ kind }) => kind)).toEqual(['down', 'up']);
  });

  test('tells at once that a call is unanswered, and gives up after a second of silence', async () => {
    const { clock, redis, seen, states, ended, loop } = stage();
    loop.start();
    await clock.advance(10);
    redis.delayMs = Infinity;
    loop.hurry();
    await clock.advance(ANSWER_MS);
    expect(seen).toMatchObject({ late: 1, unanswered: 0, closed: 0 });
    await clock.advance(SILENCE_MS);
    expect(seen).toMatchObject({ late: 1, unanswered: 1, closed: 1 });
    expect(states.at(-1)).toEqual({ kind: 'down', reason: 'no answer for 1 s' });
    expect(ended).toEqual(['answered 1', 'failed 1000']);
    await clock.advance(20_000);
    expect(states.length).toBe(2);
    redis.delayMs = 1;
    await clock.advance(2_100);
    expect(states.map(({ kind }) => kind)).toEqual(['up', 'down', 'up']);
  });

  test('uses late answers and calls it slow when they are the rule', async () => {
    const { clock, redis, seen, loop, kinds } = stage();
    redis.delayMs = 200;
    loop.start();
    await clock.advance(3_000);
    expect(seen.answers.length).toBe(7);
    expect(seen.answers.every((wasLate) => wasLate)).toBe(true);
    expect(kinds()).toEqual(['up', 'slow']);
    redis.delayMs = 1;
    await clock.advance(3_000);
    expect(kinds()).toEqual(['up', 'slow', 'up']);
  });

  test('takes one late answer for nothing', async () => {
    const { clock, redis, seen, loop, kinds } = stage();
    loop.start();
    await clock.advance(10);
    redis.delayMs = 60;
    loop.hurry();
    await clock.advance(5);
    redis.delayMs = 1;
    await clock.advance(2_000);
    expect(seen.answers.filter((wasLate) => wasLate).length).toBe(1);
    expect(kinds()).toEqual(['up']);
  });

  test('makes a new connection after an error reply', async () => {
    const { clock, redis, seen, states, loop } = stage();
    loop.start();
    await clock.advance(10);
    redis.error = "READONLY You can't write against a read only replica.";
    await clock.advance(260);
    expect(states.at(-1)).toEqual({ kind: 'down', reason: redis.error });
    expect(seen).toMatchObject({ closed: 1, unanswered: 1 });
    redis.error = undefined;
    await clock.advance(1_100);
    expect(states.at(-1)).toEqual({ kind: 'up', reason: undefined });
    expect(seen.connects).toBeGreaterThan(1);
  });

  test('does not hurry while nobody can be asked', async () => {
    const { clock, redis, seen, loop } = stage();
    redis.connects = false;
    loop.start();
    await clock.advance(10);
    for (let ms = 0; ms < 1_000; ms++) {
      loop.hurry();
      await clock.advance(1);
    }
    expect(seen.connects).toBeLessThan(10);
  });

  test('ends at once when it never had a connection', async () => {
    const { clock, redis, seen, loop } = stage();
    redis.connects = false;
    loop.start();
    await clock.advance(10);
    await loop.stop();
    expect(seen).toMatchObject({ farewells: 0, closed: 0 });
  });

  test('does not wait long for a farewell that nobody hears', async () => {
    const { clock, redis, seen, loop } = stage();
    loop.start();
    await clock.advance(10);
    redis.delayMs = Infinity;
    const stopped = loop.stop();
    await clock.advance(250);
    await stopped;
    expect(seen.closed).toBe(1);
  });
});

test('calls have a gap of 5 ms, a burst of 4 and then 16 a second', () => {
  const rate = new CallRate();
  const begun: number[] = [];
  for (let now = 100; begun.length < 24; now = rate.nextAt(now)) {
    rate.begin(now);
    begun.push(now);
  }
  expect(begun.slice(0, 5)).toEqual([100, 105, 110, 115, 162.5]);
  expect((begun[20] ?? 0) - 100).toBeGreaterThanOrEqual(1_000);
  expect((begun[22] ?? 0) - (begun[21] ?? 0)).toBeCloseTo(62.5);
});
