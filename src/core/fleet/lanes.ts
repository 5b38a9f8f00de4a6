// Attempts in flight by thread, beside the common count of each row: when a thread dies, what it had in flight comes back
// exactly, and nothing else does. Its own file because a lone process has no lanes and pays nothing for them.
import type { Micros } from './micros.ts';
import { add, load, store } from './cells.ts';
import type { Fleet } from './fleet.ts';
import { metersOf, type Row } from './row.ts';
import { meterDropLater, meterRecount } from './meter.ts';
import { CELL, COUNTER } from './row.ts';
import { slotsRecount } from './slots.ts';

/** The thread's own part of the attempts in flight. */
export function countInLane({ counters, lanes }: Row, amount: number): void {
  if (lanes !== undefined) add(counters, lanes.first + lanes.thread - 1, amount);
}

/** A reload moves the numbers: every thread's attempts stay its own. Nothing happens where there are no lanes. */
export function copyLanes(from: Row, to: Row): void {
  if (from.lanes === undefined || to.lanes === undefined) return;
  for (let nth = 0; nth < Math.min(from.lanes.count, to.lanes.count); nth++) {
    store(to.counters, to.lanes.first + nth, load(from.counters, from.lanes.first + nth));
  }
}

/**
 * A thread is gone. Its parallel slots come back and the place of its probes is free; what it charged stays charged,
 * for the provider has counted it. Every reservation is taken out, since nobody knows whose it is: the threads that live
 * on reserve anew.
 */
export function giveBackThread(fleet: Fleet, thread: number, nowUs: Micros): void {
  for (const row of new Set(fleet.rows)) {
    dropReservations(row, nowUs);
    if (row.lanes === undefined) continue;
    const lane = row.lanes.first + thread - 1;
    const inFlightAt = row.counterAt + COUNTER.inFlight;
    store(row.counters, inFlightAt, Math.max(0, load(row.counters, inFlightAt) - load(row.counters, lane)));
    store(row.counters, lane, 0);
    if (load(row.counters, row.counterAt + COUNTER.probeBy) !== thread) continue;
    store(row.counters, row.counterAt + COUNTER.probeBy, 0);
    store(row.cells, row.cellAt + CELL.probeAtUs, 0);
  }
}

/** Takes out whatever is dated later than now. */
export function dropReservations(row: Row, nowUs: Micros): void {
  for (const meter of metersOf(row)) meterDropLater(meter, nowUs);
}

/**
 * The thread died while it changed numbers: sums are counted anew from what they are sums of. What stays possible is that
 * one entry of one window stands for its neighbour, or that one sample is missing.
 */
export function recountFleet(fleet: Fleet): void {
  for (const row of new Set(fleet.rows)) {
    for (const meter of metersOf(row)) meterRecount(meter);
    for (const slots of [row.rateTotal, row.rateFailures, row.recentFailures, row.usage]) slotsRecount(slots);
    if (row.lanes === undefined) continue;
    let inFlight = 0;
    for (let nth = 0; nth < row.lanes.count; nth++) inFlight += load(row.counters, row.lanes.first + nth);
    store(row.counters, row.counterAt + COUNTER.inFlight, inFlight);
  }
}
