// The words that all threads share beside the fleet: who is inside the lock, the latest time that was used, which config
// is in force, and what each thread holds. Laid out here and nowhere else; they live as long as the process.

/** Positions of Int32 words; the lanes of the threads follow, thread 1 first. */
export const WORD = {
  /** 0 = free, else the number of the thread inside, with `CONTENDED` where somebody may wait. */
  lock: 0,
  /** Goes up when all threads have to look at something before they go on. */
  epoch: 1,
  /** Number of the config in force. */
  generation: 2,
  /** Goes up when units may have come back. */
  changes: 3,
} as const;

const FIXED_WORDS = 6;

/** Words of one thread: whether requests wait in it, and how many bytes of request bodies it holds. */
export const LANE = { isQueueing: 0, heldBytes: 1 } as const;
const WORDS_PER_LANE = 2;

/** Bytes of the Float64 with the latest time, which comes first so that it is aligned. */
const TIME_BYTES = 8;

export interface SharedWords {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  /** `[0]`: the latest time that was used inside the lock, in milliseconds of the gateway's clock. */
  readonly latestMs: Float64Array;
  readonly threads: number;
}

/** For so many threads that serve; the one that watches over them has the number behind the last. */
export function createSharedWords(threads: number): SharedWords {
  const bytes = TIME_BYTES + 4 * (FIXED_WORDS + threads * WORDS_PER_LANE);
  return openSharedWords(new SharedArrayBuffer(bytes), threads);
}

/** What another thread has made. */
export function openSharedWords(buffer: SharedArrayBuffer, threads: number): SharedWords {
  return {
    buffer,
    words: new Int32Array(buffer, TIME_BYTES),
    latestMs: new Float64Array(buffer, 0, 1),
    threads,
  };
}

/** Position of a word of one thread, counted from 1. */
export function laneWord(thread: number, word: number): number {
  return FIXED_WORDS + (thread - 1) * WORDS_PER_LANE + word;
}
