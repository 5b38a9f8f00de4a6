// Who served whom: keys (hashes) to deployment ids, each for a time, bounded by letting go of the one that was used
// least recently. Ids rather than indices, so that it outlives a reload.
import type { Millis } from '../units.ts';

interface Remembered {
  readonly deploymentId: string;
  readonly untilMs: Millis;
}

/** About 20 MB at worst. */
const MOST_KEYS = 100_000;

/** Who serves a key from now on. */
export interface Remembrance {
  readonly key: string;
  readonly deploymentId: string;
  readonly untilMs: Millis;
}

export class AffinityMemory {
  /** Told of everything that is remembered here first. */
  onRemember: ((remembrance: Remembrance) => void) | undefined;
  readonly #capacity: number;
  /** In the order of last use, oldest first. */
  readonly #byKey = new Map<string, Remembered>();

  constructor(capacity = MOST_KEYS) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The id under `key`, or `undefined` when there is none or its time is over. */
  recall(key: string, now: Millis): string | undefined {
    const known = this.#byKey.get(key);
    if (known === undefined) return undefined;
    this.#byKey.delete(key);
    if (now >= known.untilMs) return undefined;
    this.#byKey.set(key, known);
    return known.deploymentId;
  }

  /** Remembers for `ttlMs` from now; what stood under the key is replaced. */
  remember(key: string, deploymentId: string, time: { readonly now: Millis; readonly ttlMs: Millis }): void {
    const untilMs = time.now + time.ttlMs;
    this.#keep({ key, deploymentId, untilMs });
    this.onRemember?.({ key, deploymentId, untilMs });
  }

  /** What another one remembers. The later choice counts, so that two that chose differently come to agree. */
  learn(told: Remembrance): void {
    const known = this.#byKey.get(told.key);
    if (known === undefined || known.untilMs < told.untilMs) this.#keep(told);
  }

  #keep({ key, deploymentId, untilMs }: Remembrance): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, { deploymentId, untilMs });
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= this.#capacity) break;
      this.#byKey.delete(oldest);
    }
  }
}
