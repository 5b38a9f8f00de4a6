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
const WARM_SHARE = 0.3;
const LATE_SHARE = 0.9;

export interface MemoryPlan {
  readonly seconds: number;
  /** How much more may be alive near the end: noise, and far less than a leak would make of the load. */
  readonly toleratedMb: number;
}

/** Looks twice in a load that begins now. */
export class MemoryWatch {
  readonly #source: MemorySource;
  readonly #toleratedMb: number;
  readonly #warm: Promise<number>;
  readonly #late: Promise<number>;
  readonly #timer: NodeJS.Timeout;
  #resident = 0;

  constructor(source: MemorySource, { seconds, toleratedMb }: MemoryPlan) {
    this.#source = source;
    this.#toleratedMb = toleratedMb;
    this.#warm = after(seconds * WARM_SHARE, () => source.liveBytes());
    this.#late = after(seconds * LATE_SHARE, () => source.liveBytes());
    this.#timer = setInterval(() => (this.#resident = Math.max(this.#resident, this.#source.residentBytes())), 1_000);
  }

  /** After the load. */
  async verdict(): Promise<MemoryVerdict> {
    clearInterval(this.#timer);
    const samples = { warm: await this.#warm, late: await this.#late, resident: this.#resident };
    return judgeMemory(samples, this.#toleratedMb);
  }
}

export function judgeMemory({ warm, late, resident }: MemorySamples, toleratedMb: number): MemoryVerdict {
  const shown = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
  return {
    isFlat: late - warm <= toleratedMb * MB,
    text: `live heap ${shown(warm)} once warm, ${shown(late)} near the end; resident at most ${shown(resident)}`,
  };
}

function after(seconds: number, read: () => Promise<number>): Promise<number> {
  return new Promise((resolve, reject) => void setTimeout(() => void read().then(resolve, reject), seconds * 1000));
}
