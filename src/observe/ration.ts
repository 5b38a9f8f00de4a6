// So many in a second and no more: for work that is done for those who watch, and must not grow with what they watch.
import type { Millis } from '../core/units.ts';

const SECOND_MS = 1_000;

export class Ration {
  readonly #perSecond: number;
  #secondFromMs: Millis = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  take(now: Millis): boolean {
    if (now >= this.#secondFromMs + SECOND_MS) {
      this.#secondFromMs = now;
      this.#taken = 0;
    }
    if (this.#taken >= this.#perSecond) return false;
    this.#taken += 1;
    return true;
  }
}
