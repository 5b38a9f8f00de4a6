// What is counted for strategies. Off until the first decision that needs it, so that others never pay for it. Where
// threads share a fleet they share this too: what one of them decides by, all of them have to count.
import { load, store } from './cells.ts';

export interface Tracking {
  usage: boolean;
  latency: boolean;
}

export function ownTracking(): Tracking {
  return { usage: false, latency: false };
}

/** Kept in two counters from `at` on. */
export function sharedTracking(counters: Int32Array, at: number): Tracking {
  return {
    get usage() {
      return load(counters, at) !== 0;
    },
    set usage(isOn) {
      store(counters, at, Number(isOn));
    },
    get latency() {
      return load(counters, at + 1) !== 0;
    },
    set latency(isOn) {
      store(counters, at + 1, Number(isOn));
    },
  };
}
