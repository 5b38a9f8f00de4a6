import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import type { LockWork } from '../../test/support/lock-worker.ts';
import { FleetLock } from './fleet-lock.ts';
import { createSharedWords, LANE, laneWord, WORD, type SharedWords } from './shared-words.ts';

const SCRIPT = new URL('../../test/support/lock-worker.ts', import.meta.url);
const workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

interface World {
  readonly shared: SharedWords;
  readonly cells: Float64Array;
  start(thread: number, kind: LockWork['kind'], times: number): Worker;
}

function world(threads: number): World {
  const shared = createSharedWords(threads);
  const cells = new SharedArrayBuffer(32);
  const start = (thread: number, kind: LockWork['kind'], times: number): Worker => {
    const workerData: LockWork = { words: shared.buffer, threads, thread, cells, kind, times };
    const worker = new Worker(SCRIPT, { workerData });
    workers.push(worker);
    return worker;
  };
  return { shared, cells: new Float64Array(cells), start };
}

describe('the lock', () => {
  test('lets one thread in at a time, and time never goes back inside', async () => {
    const { cells, start } = world(4);
    const counting = [1, 2, 3, 4].map((thread) => start(thread, 'count', 20_000));
    await Promise.all(counting.map((worker) => once(worker, 'message')));
    expect([cells[0], cells[2]]).toEqual([80_000, 0]);
  });

  test('of a thread that has died inside is taken over by who watches, before anybody else enters', async () => {
    const { shared, cells, start } = world(2);
    const watching = new FleetLock(shared, 3);
    const dying = start(1, 'die-inside', 1);
    expect(await once(dying, 'exit')).toEqual([3]);
    const living = start(2, 'count', 1_000);
    await expect.poll(() => (shared.words[WORD.lock] ?? 0) > 1, { timeout: 20_000 }).toBe(true);
    expect([watching.tryEnter(0), watching.takeOver(2, 0), cells[0]]).toEqual([undefined, undefined, 0]);
    const at = watching.takeOver(1, 0);
    expect(at).toBeGreaterThanOrEqual(0);
    // It has died; this one is inside now, and the other waits still.
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect([cells[0], watching.takeOver(1, 0)]).toEqual([0, undefined]);
    watching.leave(true);
    await once(living, 'message');
    expect([cells[0], watching.takeOver(1, 0)]).toEqual([1_000, undefined]);
    expect(watching.tryEnter(0)).toBe(1_999);
  });

  test('tells everybody who comes in next that something has happened, once', () => {
    const { shared } = world(2);
    const [first, second] = [new FleetLock(shared, 1), new FleetLock(shared, 2)];
    const told: string[] = [];
    first.onEpoch = (now) => told.push(`first at ${now}`);
    second.onEpoch = (now) => told.push(`second at ${now}`);
    first.enter(5);
    first.nextEpoch();
    first.leave(false);
    for (const lock of [first, second, second]) {
      lock.enter(3);
      lock.leave(false);
    }
    expect(told).toEqual(['second at 5']);
  });

  test('is left when looking at what has happened fails', () => {
    const { shared } = world(2);
    const [first, second] = [new FleetLock(shared, 1), new FleetLock(shared, 2)];
    second.onEpoch = () => {
      throw new Error('a bug');
    };
    first.enter(0);
    first.nextEpoch();
    first.leave(false);
    expect(() => second.enter(0)).toThrow('a bug');
    expect(first.tryEnter(7)).toBe(7);
  });
});

describe('who waits for something to come back', () => {
  test('is told when another thread gives it, as long as it wants to know', async () => {
    const { shared, start } = world(2);
    const watching = start(1, 'watch', 2);
    const said: unknown[] = [];
    watching.on('message', (message) => said.push(message));
    await expect.poll(() => said, { timeout: 20_000 }).toEqual(['watching']);
    const giving = new FleetLock(shared, 2);
    for (const expected of [1, 2]) {
      giving.enter(0);
      giving.leave(true);
      await expect.poll(() => said.at(-1), { timeout: 20_000 }).toBe(expected);
    }
    await expect.poll(() => shared.words[laneWord(1, LANE.isQueueing)]).toBe(0);
    giving.enter(0);
    giving.leave(true);
    expect(shared.words[WORD.changes]).toBe(2);
  });

  test('is not told of what it gives back itself, nor of what gives nothing back', () => {
    const { shared } = world(2);
    const [own, other] = [new FleetLock(shared, 1), new FleetLock(shared, 2)];
    own.watch(() => true);
    own.enter(0);
    own.leave(true);
    other.enter(0);
    other.leave(false);
    expect(shared.words[WORD.changes]).toBe(0);
    other.enter(0);
    other.leave(true);
    expect(shared.words[WORD.changes]).toBe(1);
  });
});
