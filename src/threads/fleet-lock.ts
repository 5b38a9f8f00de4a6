// One thread at a time in the numbers that all share. Decisions take microseconds, so a thread that finds the lock taken
// turns a little before it sleeps. The word says who is inside: when a thread dies there, the one that watches over
// them frees it. Taking and freeing it are atomic operations, which order everything in between, so that the numbers
// themselves stay plain loads and stores.
import type { Millis } from '../core/units.ts';
import type { FleetGuard } from '../gateway/fleet-guard.ts';
import { laneWord, LANE, WORD, type SharedWords } from './shared-words.ts';

const FREE = 0;
/** Beside the number of the thread inside: somebody may sleep. */
const CONTENDED = 1 << 20;
const OWNER = CONTENDED - 1;

/** Looks at a lock that is taken before sleeping: a few decisions long. */
const SPINS = 300;
/** Nobody sleeps longer without a look: only a thread that was ended between two steps could forget to wake him. */
const LONGEST_SLEEP_MS = 5;

declare global {
  interface Atomics {
    /** Since Node 24; its types do not have it yet. */
    pause?(): void;
  }
}

/** Tells the processor that this is a waiting loop, where the engine can. */
const pause = (): void => Atomics.pause?.();

export class FleetLock implements FleetGuard {
  /** Called inside, with the time, when something has to be looked at first: see `WORD.epoch`. */
  onEpoch: ((now: Millis) => void) | undefined;
  readonly #shared: SharedWords;
  readonly #words: Int32Array;
  readonly #latestMs: Float64Array;
  readonly #thread: number;
  readonly #watchers = new Set<() => boolean>();
  #epoch: number;
  #isWatching = false;

  /** `thread` counts from 1. */
  constructor(shared: SharedWords, thread: number) {
    this.#shared = shared;
    this.#words = shared.words;
    this.#latestMs = shared.latestMs;
    this.#thread = thread;
    this.#epoch = Atomics.load(this.#words, WORD.epoch);
  }

  enter(now: Millis): Millis {
    if (Atomics.compareExchange(this.#words, WORD.lock, FREE, this.#thread) !== FREE) this.#wait();
    return this.#begin(now);
  }

  /** `undefined`: somebody is inside. For who must not wait. */
  tryEnter(now: Millis): Millis | undefined {
    const wasFree = Atomics.compareExchange(this.#words, WORD.lock, FREE, this.#thread) === FREE;
    return wasFree || this.#spin() ? this.#begin(now) : undefined;
  }

  #begin(now: Millis): Millis {
    const at = Math.max(now, this.#latestMs[0] ?? 0);
    this.#latestMs[0] = at;
    const epoch = this.#words[WORD.epoch] ?? 0;
    if (epoch !== this.#epoch) this.#catchUp(epoch, at);
    return at;
  }

  /** Whatever goes wrong there, nobody stays inside. */
  #catchUp(epoch: number, at: Millis): void {
    this.#epoch = epoch;
    try {
      this.onEpoch?.(at);
    } catch (error) {
      this.leave(false);
      throw error;
    }
  }

  leave(mayFree: boolean): void {
    if (mayFree) this.#tellOthers();
    const word = Atomics.exchange(this.#words, WORD.lock, FREE);
    if ((word & CONTENDED) !== 0) Atomics.notify(this.#words, WORD.lock, 1);
  }

  watch(listener: () => boolean): void {
    this.#watchers.add(listener);
    Atomics.store(this.#words, laneWord(this.#thread, LANE.isQueueing), 1);
    this.#await();
  }

  /** All threads look before they go on; to be called inside. */
  nextEpoch(): void {
    this.#epoch = Atomics.add(this.#words, WORD.epoch, 1) + 1;
  }

  /** The thread is gone: if it was inside, this one is now, before anybody else. `undefined`: it was not. */
  takeOver(thread: number, now: Millis): Millis | undefined {
    for (;;) {
      const word = Atomics.load(this.#words, WORD.lock);
      if ((word & OWNER) !== thread) return undefined;
      const taken = this.#thread | (word & CONTENDED);
      if (Atomics.compareExchange(this.#words, WORD.lock, word, taken) === word) return this.#begin(now);
    }
  }

  #spin(): boolean {
    for (let left = SPINS; left > 0; left--) {
      pause();
      if (Atomics.load(this.#words, WORD.lock) !== FREE) continue;
      if (Atomics.compareExchange(this.#words, WORD.lock, FREE, this.#thread) === FREE) return true;
    }
    return false;
  }

  #wait(): void {
    if (this.#spin()) return;
    const words = this.#words;
    // Whoever has slept takes it as contended: others may sleep still.
    const taken = this.#thread | CONTENDED;
    for (;;) {
      const word = Atomics.compareExchange(words, WORD.lock, FREE, taken);
      if (word === FREE) return;
      const contended = word | CONTENDED;
      if (word !== contended && Atomics.compareExchange(words, WORD.lock, word, contended) !== word) continue;
      Atomics.wait(words, WORD.lock, contended, LONGEST_SLEEP_MS);
    }
  }

  #tellOthers(): void {
    for (let thread = 1; thread <= this.#shared.threads; thread++) {
      if (thread === this.#thread || this.#words[laneWord(thread, LANE.isQueueing)] !== 1) continue;
      Atomics.add(this.#words, WORD.changes, 1);
      Atomics.notify(this.#words, WORD.changes);
      return;
    }
  }

  /** Sleeps without stopping the thread; wakes up when some other one has given something back. */
  #await(): void {
    if (this.#isWatching) return;
    const seen = Atomics.load(this.#words, WORD.changes);
    const sleep = Atomics.waitAsync(this.#words, WORD.changes, seen);
    this.#isWatching = true;
    // At once where the word has changed meanwhile.
    void Promise.resolve(sleep.value).then(() => {
      this.#isWatching = false;
      for (const listener of this.#watchers) if (!listener()) this.#watchers.delete(listener);
      if (this.#watchers.size > 0) return this.#await();
      Atomics.store(this.#words, laneWord(this.#thread, LANE.isQueueing), 0);
    });
  }
}
