// Does the gateway keep what it should let go? Its live heap after a forced collection is compared, once warm and once
// near the end of the load. Resident memory is shown and not judged: V8 grows its heap in steps when it likes.

export interface MemoryVerdict {
  readonly isFlat: boolean;
  /** `live heap 21.0 MB once warm, 21.3 MB near the end; resident at most 150 MB`. */
  readonly text: string;
}

export interface MemorySource {
  /** Bytes on the heap and in buffers after a collection. */
  liveBytes(): Promise<number>;
  residentBytes(): number;
}

export interface MemorySamples {
  readonly warm: number;
  readonly late: number;
  readonly resident: number;
}

const MB = 1024 * 1024;
/** A kilobyte kept of every request or of every hundredth token is more, in the short run as well as in the long. */
const TOLERATED_BYTES = 1.2 * MB;
const WARM_SHARE = 0.3;
const LATE_SHARE = 0.9;

/** Looks twice in a load of `seconds` that begins now. */
export class MemoryWatch {
  readonly #source: MemorySource;
  readonly #warm: Promise<number>;
  readonly #late: Promise<number>;
  readonly #timer: NodeJS.Timeout;
  #resident = 0;

  constructor(source: MemorySource, seconds: number) {
    this.#source = source;
    this.#warm = after(seconds * WARM_SHARE, () => source.liveBytes());
    this.#late = after(seconds * LATE_SHARE, () => source.liveBytes());
    this.#timer = setInterval(() => (this.#resident = Math.max(this.#resident, this.#source.residentBytes())), 1_000);
  }

  /** After the load. */
  async verdict(): Promise<MemoryVerdict> {
    clearInterval(this.#timer);
    return judgeMemory({ warm: await this.#warm, late: await this.#late, resident: this.#resident });
  }
}

export function judgeMemory({ warm, late, resident }: MemorySamples): MemoryVerdict {
  const shown = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
  return {
    isFlat: late - warm <= TOLERATED_BYTES,
    text: `live heap ${shown(warm)} once warm, ${shown(late)} near the end; resident at most ${shown(resident)}`,
  };
}

function after(seconds: number, read: () => Promise<number>): Promise<number> {
  return new Promise((resolve, reject) => void setTimeout(() => void read().then(resolve, reject), seconds * 1000));
}
