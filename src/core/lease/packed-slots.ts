// Where the units of one charge came from, one slot of the ledger for each of its limits, in a single number: a receipt
// has no room for an array. Grants live for a second, so the slots of one charge are close to each other.
import type { LedgerSlot } from './exchange.ts';

/** Distances from the earliest slot; the last stands for "none". */
const BITS = 4;
const STEPS = 2 ** BITS;
const NONE = STEPS - 1;
const METERS = 4;

/** In the order rpm, tpm, itpm, otpm; 0 = came from nowhere. */
export function packSlots(slots: readonly [LedgerSlot, LedgerSlot, LedgerSlot, LedgerSlot]): number {
  let base = Number.POSITIVE_INFINITY;
  for (const slot of slots) if (slot > 0) base = Math.min(base, slot);
  if (base === Number.POSITIVE_INFINITY) return 0;
  let packed = base;
  for (const slot of slots) packed = packed * STEPS + (slot === 0 ? NONE : Math.min(NONE - 1, slot - base));
  return packed;
}

/** The slot of the limit at place `nth`; 0 = none. */
export function unpackSlot(packed: number, nth: number): LedgerSlot {
  if (packed === 0) return 0;
  const step = (packed >> (BITS * (METERS - 1 - nth))) & NONE;
  return step === NONE ? 0 : Math.floor(packed / STEPS ** METERS) + step;
}
