// Bytes of request bodies in memory, counted over all threads: each keeps its own word and reads everybody's.
import type { HeldBytes } from '../http/read-body.ts';
import { LANE, laneWord } from './shared-words.ts';

/** The count of one thread, from 1, among so many. */
export function heldBytesOf(
  words: Int32Array,
  { thread, threads }: { readonly thread: number; readonly threads: number },
): HeldBytes {
  const own = laneWord(thread, LANE.heldBytes);
  return {
    get total() {
      return Atomics.load(words, own);
    },
    set total(bytes) {
      Atomics.store(words, own, bytes);
    },
    get everywhere() {
      let sum = 0;
      for (let nth = 1; nth <= threads; nth++) sum += Atomics.load(words, laneWord(nth, LANE.heldBytes));
      return sum;
    },
  };
}
