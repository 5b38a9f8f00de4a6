// What happens next in virtual time: a binary heap over typed arrays. Events of one moment come out in the order in
// which they went in, so that a run is the same every time. Popping allocates nothing: the event stands in fields.
import type { Millis } from '../src/core/units.ts';

const FIRST_CAPACITY = 1024;

export class EventHeap {
  /** The event that `pop` took out: when, what, and a token that tells whether it still means anything. */
  atMs: Millis = 0;
  event = 0;
  token = 0;
  #size = 0;
  #pushed = 0;
  #capacity = FIRST_CAPACITY;
  #times = new Float64Array(FIRST_CAPACITY);
  #orders = new Float64Array(FIRST_CAPACITY);
  #events = new Int32Array(FIRST_CAPACITY);
  #tokens = new Int32Array(FIRST_CAPACITY);

  get size(): number {
    return this.#size;
  }

  push(atMs: Millis, event: number, token: number): void {
    if (this.#size === this.#capacity) this.#grow();
    const order = this.#pushed++;
    let place = this.#size++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(atMs, order, parent)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#times[place] = atMs;
    this.#orders[place] = order;
    this.#events[place] = event;
    this.#tokens[place] = token;
  }

  /** Takes the earliest event out, into the fields; false = there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    this.atMs = this.#times[0] ?? 0;
    this.event = this.#events[0] ?? 0;
    this.token = this.#tokens[0] ?? 0;
    this.#size--;
    if (this.#size > 0) this.#move(this.#size, this.#sink());
    return true;
  }

  /** Moves the hole at the top down to where the last event belongs; returns that place. */
  #sink(): number {
    const last = this.#size;
    const time = this.#times[last] ?? 0;
    const order = this.#orders[last] ?? 0;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= last) return place;
      const right = child + 1;
      if (right < last && this.#isBefore(this.#times[right] ?? 0, this.#orders[right] ?? 0, child)) child = right;
      if (this.#isBefore(time, order, child)) return place;
      this.#move(child, place);
      place = child;
    }
  }

  #isBefore(time: Millis, order: number, place: number): boolean {
    const other = this.#times[place] ?? 0;
    return time < other || (time === other && order < (this.#orders[place] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] ?? 0;
    this.#orders[to] = this.#orders[from] ?? 0;
    this.#events[to] = this.#events[from] ?? 0;
    this.#tokens[to] = this.#tokens[from] ?? 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#times = grown(this.#times, new Float64Array(this.#capacity));
    this.#orders = grown(this.#orders, new Float64Array(this.#capacity));
    this.#events = grown(this.#events, new Int32Array(this.#capacity));
    this.#tokens = grown(this.#tokens, new Int32Array(this.#capacity));
  }
}

function grown<Numbers extends Float64Array | Int32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
