// A sliding window in slots: counts by slot of time in a ring, with their running sum. Memory does not grow with what
// is counted. Used for large limits and for the breaker's counts; small limits have the exact log beside it.
import { add, load, store } from './cells.ts';
import type { Micros } from './micros.ts';

/**
 * Slots of `slotUs` each; an amount lives between (count - 1) and count slots. The ring has `ring` of them: as many as
 * live, and as many again where amounts may be dated in the future.
 */
export interface Slots {
  readonly kind: 'slots';
  readonly cells: Float64Array;
  readonly at: number;
  readonly slotUs: Micros;
  readonly count: number;
  readonly ring: number;
}

const TAIL = 0; // number of the oldest slot that may hold something
const SUM = 1;
const LATEST = 2; // number of the newest slot that may hold something: nobody looks for anything behind it
const RING = 3;

/** Cells that a window needs, by the slots of its ring. */
export function slotsSize(ring: number): number {
  return RING + ring;
}

function oldestLive(slots: Slots, nowUs: Micros): number {
  return Math.floor(nowUs / slots.slotUs) - slots.count + 1;
}

/** Of the slots that live. */
function latestOf({ cells, at, ring }: Slots): number {
  return Math.min(load(cells, at + TAIL) + ring - 1, load(cells, at + LATEST));
}

function ringAt(slots: Slots, slot: number): number {
  return slots.at + RING + (slot % slots.ring);
}

/** Lets go of what is older than the window and returns the sum of the rest. */
export function slotsSum(slots: Slots, nowUs: Micros): number {
  const { cells, at } = slots;
  const sum = load(cells, at + SUM);
  const oldest = oldestLive(slots, nowUs);
  const tail = load(cells, at + TAIL);
  if (tail >= oldest) return sum;
  store(cells, at + TAIL, oldest);
  if (sum === 0) return 0;
  if (oldest - tail >= slots.ring) {
    cells.fill(0, at + SUM, at + RING + slots.ring);
    return 0;
  }
  let left = sum;
  for (let slot = tail; slot < oldest; slot++) {
    const index = ringAt(slots, slot);
    left -= load(cells, index);
    store(cells, index, 0);
  }
  store(cells, at + SUM, left);
  return left;
}

/**
 * Adds `amount` (negative takes away) to the slot of `atUs`; nothing happens when that slot has left the window. Call
 * after `slotsSum` with the present time.
 */
export function slotsAdd(slots: Slots, atUs: Micros, amount: number): void {
  const { cells, at } = slots;
  const slot = Math.floor(atUs / slots.slotUs);
  if (slot < load(cells, at + TAIL)) return;
  // First of all: what a thread that dies here has added must be found.
  if (slot > load(cells, at + LATEST)) store(cells, at + LATEST, slot);
  add(cells, ringAt(slots, slot), amount);
  add(cells, at + SUM, amount);
}

/** `atUs`, or the first moment that the window still covers: a clock that stepped back far must not lose a charge. */
export function slotsHeldUs(slots: Slots, atUs: Micros): Micros {
  return Math.max(atUs, load(slots.cells, slots.at + TAIL) * slots.slotUs);
}

/** Sum of the slots after that of `sinceUs` and up to that of `untilUs`. Call after `slotsSum`. */
export function slotsBetween(slots: Slots, sinceUs: Micros, untilUs: Micros): number {
  const tail = load(slots.cells, slots.at + TAIL);
  const first = Math.max(tail, Math.floor(sinceUs / slots.slotUs) + 1);
  const last = Math.min(latestOf(slots), Math.floor(untilUs / slots.slotUs));
  let sum = 0;
  for (let slot = first; slot <= last; slot++) sum += load(slots.cells, ringAt(slots, slot));
  return sum;
}

/** When at least `needed` of the sum has left the window. Call after `slotsSum`. */
export function slotsFreeAt(slots: Slots, needed: number): Micros {
  const { cells, at } = slots;
  const last = latestOf(slots);
  let freed = 0;
  for (let slot = load(cells, at + TAIL); slot <= last; slot++) {
    freed += load(cells, ringAt(slots, slot));
    if (freed >= needed) return (slot + slots.count) * slots.slotUs;
  }
  return Number.POSITIVE_INFINITY;
}

/** Takes out the slots that begin after `nowUs`; what is dated later in the slot of `nowUs` itself stays. */
export function slotsDropLater(slots: Slots, nowUs: Micros): void {
  const { cells, at } = slots;
  const last = latestOf(slots);
  for (let slot = Math.max(load(cells, at + TAIL), Math.floor(nowUs / slots.slotUs) + 1); slot <= last; slot++) {
    const index = ringAt(slots, slot);
    add(cells, at + SUM, -load(cells, index));
    store(cells, index, 0);
  }
}

/** The sum is that of the slots, whatever it was. */
export function slotsRecount({ cells, at, ring }: Slots): void {
  let sum = 0;
  for (let nth = 0; nth < ring; nth++) sum += load(cells, at + RING + nth);
  store(cells, at + SUM, sum);
}

export function slotsClear(slots: Slots): void {
  slots.cells.fill(0, slots.at + SUM, slots.at + RING + slots.ring);
}

/** The last moment of the slot of `atUs`: an amount that stays until then is never given back early. */
export function slotsDate({ slotUs }: Slots, atUs: Micros): Micros {
  return (Math.floor(atUs / slotUs) + 1) * slotUs - 1;
}

/** Visits what is in the window, oldest first, each amount dated at the last moment of its slot. */
export function slotsEntries(slots: Slots, visit: (atUs: Micros, amount: number) => void): void {
  const last = latestOf(slots);
  for (let slot = load(slots.cells, slots.at + TAIL); slot <= last; slot++) {
    const amount = load(slots.cells, ringAt(slots, slot));
    if (amount > 0) visit(slotsDate(slots, slot * slots.slotUs), amount);
  }
}
