// A sliding log: every charge of the last 60 s with its time, in a ring, and every reservation with the time it is for.
// Exact at any moment, which small limits need (6 requests a minute cannot afford a slot's rounding). A window never
// holds more entries than the limit has units, so the last 60 s and the next 60 s hold at most twice as many.
import { add, load, store } from './cells.ts';
import type { Micros } from './micros.ts';

/** `capacity` entries that live `windowUs` each. */
export interface Log {
  readonly kind: 'log';
  readonly cells: Float64Array;
  readonly at: number;
  readonly capacity: number;
  readonly windowUs: Micros;
}

/** One entry, by what identifies it. */
export interface LogEntry {
  readonly atUs: Micros;
  readonly amount: number;
}

const TAIL = 0; // ring position of the oldest entry
const COUNT = 1;
const SUM = 2;
const NEWEST = 3; // time of the latest charge
const RING = 4; // capacity times, then capacity amounts

/** Cells that a log needs. */
export function logSize(capacity: number): number {
  return RING + 2 * capacity;
}

function timeAt(log: Log, nth: number): number {
  return log.at + RING + ((load(log.cells, log.at + TAIL) + nth) % log.capacity);
}

/** Lets go of what is older than the window and returns the sum of the rest. */
export function logSum(log: Log, nowUs: Micros): number {
  const { cells, at } = log;
  let count = load(cells, at + COUNT);
  if (count === 0) return 0;
  let tail = load(cells, at + TAIL);
  let sum = load(cells, at + SUM);
  if (load(cells, at + RING + tail) + log.windowUs > nowUs) return sum;
  while (count > 0 && load(cells, at + RING + tail) + log.windowUs <= nowUs) {
    sum -= load(cells, at + RING + log.capacity + tail);
    tail = tail + 1 === log.capacity ? 0 : tail + 1;
    count--;
  }
  store(cells, at + TAIL, tail);
  store(cells, at + COUNT, count);
  store(cells, at + SUM, sum);
  return sum;
}

/**
 * Charges at `atUs`. A clock that stepped back is held at the latest charge: a window that was counted as full stays
 * full. A full ring (a limit that became smaller on reload) loses its oldest entry, which would have left first anyway.
 */
export function logCharge(log: Log, atUs: Micros, amount: number): void {
  const heldUs = Math.max(atUs, load(log.cells, log.at + NEWEST));
  store(log.cells, log.at + NEWEST, heldUs);
  logInsert(log, heldUs, amount);
}

/** Puts an entry in its place by time, behind those of the same time; reservations are dated in the future. */
export function logInsert(log: Log, atUs: Micros, amount: number): void {
  const { cells, at } = log;
  if (load(cells, at + COUNT) === log.capacity) dropOldest(log);
  const count = load(cells, at + COUNT);
  let nth = count;
  while (nth > 0 && load(cells, timeAt(log, nth - 1)) > atUs) {
    copyEntry(log, nth - 1, nth);
    nth--;
  }
  const index = timeAt(log, nth);
  store(cells, index, atUs);
  store(cells, index + log.capacity, amount);
  store(cells, at + COUNT, count + 1);
  add(cells, at + SUM, amount);
}

function copyEntry(log: Log, from: number, to: number): void {
  const source = timeAt(log, from);
  const target = timeAt(log, to);
  store(log.cells, target, load(log.cells, source));
  store(log.cells, target + log.capacity, load(log.cells, source + log.capacity));
}

function dropOldest(log: Log): void {
  const { cells, at } = log;
  add(cells, at + SUM, -load(cells, timeAt(log, 0) + log.capacity));
  store(cells, at + TAIL, (load(cells, at + TAIL) + 1) % log.capacity);
  add(cells, at + COUNT, -1);
}

/** Position of an entry made at `atUs` with `amount`, or -1. Equal entries are interchangeable. */
function find(log: Log, entry: LogEntry): number {
  for (let nth = load(log.cells, log.at + COUNT) - 1; nth >= 0; nth--) {
    const index = timeAt(log, nth);
    const time = load(log.cells, index);
    if (time < entry.atUs) return -1;
    if (time === entry.atUs && load(log.cells, index + log.capacity) === entry.amount) return nth;
  }
  return -1;
}

/** Changes the amount of one entry; 0 takes the entry out. Nothing happens when it has left the window. */
export function logChange(log: Log, entry: LogEntry, amount: number): void {
  const nth = find(log, entry);
  if (nth < 0) return;
  add(log.cells, log.at + SUM, amount - entry.amount);
  if (amount > 0) return store(log.cells, timeAt(log, nth) + log.capacity, amount);
  const count = load(log.cells, log.at + COUNT);
  for (let later = nth; later < count - 1; later++) copyEntry(log, later + 1, later);
  store(log.cells, log.at + COUNT, count - 1);
}

/** Takes out what is dated later than `nowUs`; a charge that was rounded up by its microsecond stays. */
export function logDropLater(log: Log, nowUs: Micros): void {
  const { cells, at } = log;
  let count = load(cells, at + COUNT);
  while (count > 0 && load(cells, timeAt(log, count - 1)) > nowUs + 1) {
    count--;
    add(cells, at + SUM, -load(cells, timeAt(log, count) + log.capacity));
  }
  store(cells, at + COUNT, count);
}

/** The sum is that of the entries, whatever it was. */
export function logRecount(log: Log): void {
  let sum = 0;
  logEntries(log, (_, amount) => (sum += amount));
  store(log.cells, log.at + SUM, sum);
}

export function logClear(log: Log): void {
  log.cells.fill(0, log.at, log.at + logSize(log.capacity));
}

/** When at least `needed` of the sum has left the window. Call after `logSum`. */
export function logFreeAt(log: Log, needed: number): Micros {
  const count = load(log.cells, log.at + COUNT);
  let freed = 0;
  for (let nth = 0; nth < count; nth++) {
    const index = timeAt(log, nth);
    freed += load(log.cells, index + log.capacity);
    if (freed >= needed) return load(log.cells, index) + log.windowUs;
  }
  return Number.POSITIVE_INFINITY;
}

/** Sum of the entries dated after `sinceUs` and not after `untilUs`. */
export function logBetween(log: Log, sinceUs: Micros, untilUs: Micros): number {
  let sum = 0;
  for (let nth = load(log.cells, log.at + COUNT) - 1; nth >= 0; nth--) {
    const index = timeAt(log, nth);
    const time = load(log.cells, index);
    if (time <= sinceUs) break;
    if (time <= untilUs) sum += load(log.cells, index + log.capacity);
  }
  return sum;
}

/** Visits what is in the log, oldest first. */
export function logEntries(log: Log, visit: (atUs: Micros, amount: number) => void): void {
  const count = load(log.cells, log.at + COUNT);
  for (let nth = 0; nth < count; nth++) {
    const index = timeAt(log, nth);
    visit(load(log.cells, index), load(log.cells, index + log.capacity));
  }
}
