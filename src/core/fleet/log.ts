// A sliding log: every charge of the last 60 s with its time, in a ring. Exact at any moment, which small limits need
// (6 requests a minute cannot afford a slot's rounding). It never holds more entries than the limit has units.
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
const RING = 3; // capacity times, then capacity amounts

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
 * Appends an entry. A clock that stepped back is held at the newest entry, so the ring stays sorted. A full ring (a
 * limit that became smaller on reload) loses its oldest entry, which would have left first anyway.
 */
export function logAppend(log: Log, atUs: Micros, amount: number): void {
  const { cells, at } = log;
  const count = load(cells, at + COUNT);
  if (count === log.capacity) dropOldest(log);
  const held = load(cells, at + COUNT);
  const newest = held === 0 ? atUs : Math.max(atUs, load(cells, timeAt(log, held - 1)));
  const index = timeAt(log, held);
  store(cells, index, newest);
  store(cells, index + log.capacity, amount);
  store(cells, at + COUNT, held + 1);
  add(cells, at + SUM, amount);
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
  for (let later = nth; later < count - 1; later++) {
    const to = timeAt(log, later);
    const from = timeAt(log, later + 1);
    store(log.cells, to, load(log.cells, from));
    store(log.cells, to + log.capacity, load(log.cells, from + log.capacity));
  }
  store(log.cells, log.at + COUNT, count - 1);
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

/** Visits what is in the log, oldest first. */
export function logEntries(log: Log, visit: (atUs: Micros, amount: number) => void): void {
  const count = load(log.cells, log.at + COUNT);
  for (let nth = 0; nth < count; nth++) {
    const index = timeAt(log, nth);
    visit(load(log.cells, index), load(log.cells, index + log.capacity));
  }
}
