// Units by half second, over a minute: what the ledger has yet to be told. A ring with one cell a half second, so that
// adding costs the same however much has gathered, and what is too old to matter falls out by itself.
import { add, load, store } from '../fleet/cells.ts';
import { DATED_SLOTS } from '../fleet/lease-cells.ts';
import type { SlotUnits } from './exchange.ts';

/** Where such a ring lies; all zero = empty. */
export interface DatedUnits {
  readonly cells: Float64Array;
  readonly at: number;
}

const FIRST = 0; // 0 = nothing
const LAST = 1;
const RING = 2;

/** The slot modulo the ring, which is a power of two: slots are too large for a fast remainder. */
function placeOf({ at }: DatedUnits, slot: number): number {
  return at + RING + (slot & (DATED_SLOTS - 1));
}

/** Adds `units` (negative takes away) to a slot, which is a number above 0. What is a ring older than the newest is lost. */
export function datedAdd(dated: DatedUnits, slot: number, units: number): void {
  const { cells, at } = dated;
  const first = load(cells, at + FIRST);
  const last = first === 0 ? slot : load(cells, at + LAST);
  if (slot <= last - DATED_SLOTS) return;
  for (let old = first; first !== 0 && old <= Math.min(last, slot - DATED_SLOTS); old++)
    store(cells, placeOf(dated, old), 0);
  const oldest = Math.max(last, slot) - DATED_SLOTS + 1;
  store(cells, at + FIRST, Math.max(oldest, first === 0 ? slot : Math.min(first, slot)));
  store(cells, at + LAST, Math.max(last, slot));
  add(cells, placeOf(dated, slot), units);
}

/** Units of one slot. */
export function datedUnits(dated: DatedUnits, slot: number): number {
  const first = load(dated.cells, dated.at + FIRST);
  if (slot < first || slot > load(dated.cells, dated.at + LAST)) return 0;
  return load(dated.cells, placeOf(dated, slot));
}

/** All there is, oldest first; afterwards there is nothing. */
export function datedTake(dated: DatedUnits): SlotUnits[] {
  const { cells, at } = dated;
  const first = load(cells, at + FIRST);
  const taken: SlotUnits[] = [];
  if (first === 0) return taken;
  for (let slot = first; slot <= load(cells, at + LAST); slot++) {
    const place = placeOf(dated, slot);
    const units = load(cells, place);
    if (units !== 0) taken.push([slot, units]);
    store(cells, place, 0);
  }
  store(cells, at + FIRST, 0);
  return taken;
}

export function isDatedEmpty({ cells, at }: DatedUnits): boolean {
  return load(cells, at + FIRST) === 0;
}
