// Is the memory of a process flat? Resident bytes are sampled once a second; the first third of a run is warm-up, and
// the last third is compared with the one in between.

export interface MemoryVerdict {
  readonly isFlat: boolean;
  /** `84 MB after warm-up, 85 MB at the end (+1 %)`. */
  readonly text: string;
}

const SAMPLE_MS = 1_000;
const MB = 1024 * 1024;
/** Garbage is collected when V8 likes; a leak of a stream's buffers would show many times this. */
const TOLERATED_SHARE = 0.15;
const TOLERATED_BYTES = 12 * MB;

export class MemoryWatch {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(read: () => number) {
    this.#timer = setInterval(() => this.#samples.push(read()), SAMPLE_MS);
  }

  /** Ends the watch. */
  stop(): MemoryVerdict {
    clearInterval(this.#timer);
    return judgeMemory(this.#samples);
  }
}

/** Samples in the order of time; fewer than six say nothing. */
export function judgeMemory(samples: readonly number[]): MemoryVerdict {
  if (samples.length < 6 || samples.includes(0)) return { isFlat: true, text: 'too short a run to judge memory' };
  const third = Math.floor(samples.length / 3);
  const middle = median(samples.slice(third, 2 * third));
  const last = median(samples.slice(2 * third));
  const isFlat = last - middle <= Math.max(TOLERATED_BYTES, middle * TOLERATED_SHARE);
  const percent = Math.round((last / middle - 1) * 100);
  const shown = (bytes: number): string => `${Math.round(bytes / MB)} MB`;
  return {
    isFlat,
    text: `${shown(middle)} after warm-up, ${shown(last)} at the end (${percent < 0 ? '' : '+'}${percent} %)`,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
