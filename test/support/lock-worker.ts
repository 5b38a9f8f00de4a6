// A thread that works inside the fleet's lock, for tests of it: counts in plain loads and stores, which only a lock keeps
// right, or enters and ends there.
import { parentPort, workerData } from 'node:worker_threads';
import { FleetLock } from '../../src/threads/fleet-lock.ts';
import { openSharedWords } from '../../src/threads/shared-words.ts';

export interface LockWork {
  readonly words: SharedArrayBuffer;
  readonly threads: number;
  readonly thread: number;
  /** `[0]` is counted up, `[1]` is the latest time that anybody saw. */
  readonly cells: SharedArrayBuffer;
  readonly kind: 'count' | 'die-inside' | 'watch' | 'give-back';
  readonly times: number;
}

const work = workerData as LockWork;
const lock = new FleetLock(openSharedWords(work.words, work.threads), work.thread);
const cells = new Float64Array(work.cells);

/** Long enough for another thread to look. */
function step(now: number): void {
  const at = lock.enter(now);
  const before = cells[0] ?? 0;
  if (at < (cells[1] ?? 0)) cells[2] = 1;
  cells[1] = at;
  for (let turn = 0; turn < 50; turn++) cells[3] = turn;
  cells[0] = before + 1;
  lock.leave(false);
}

if (work.kind === 'count') {
  // Clocks that disagree by half a second: what comes out of the lock never goes back.
  for (let nth = 0; nth < work.times; nth++) step(nth + work.thread * 500);
  parentPort?.postMessage('done', []);
} else if (work.kind === 'die-inside') {
  lock.enter(0);
  process.exit(3);
} else if (work.kind === 'watch') {
  let woken = 0;
  lock.watch(() => {
    woken += 1;
    parentPort?.postMessage(woken, []);
    return woken < work.times;
  });
  // Waiting keeps no thread alive.
  setTimeout(() => undefined, 60_000);
  parentPort?.postMessage('watching', []);
} else {
  for (let nth = 0; nth < work.times; nth++) {
    lock.enter(0);
    lock.leave(true);
  }
  parentPort?.postMessage('done', []);
}
