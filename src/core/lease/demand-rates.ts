// How fast a limit is being used, and how much of it to hold in advance. Rates are averages over the last two seconds,
// brought up to date before each ask.
import { load, store } from '../fleet/cells.ts';
import { HUB, METER_LEASE, ROW_LEASE, type LeaseHub, type MeterLease, type RowLease } from '../fleet/lease-cells.ts';
import type { Micros } from '../fleet/micros.ts';
import { CELL, type Row } from '../fleet/row.ts';

const AVERAGE_OVER_US = 2_000_000;
/** Rates are whole numbers: so many in 1,000 s. */
const RATE_US = 1_000_000_000;
/** A chunk is what half a second uses, so that a grant is used up before it runs out. */
const CHUNK_S = 0.5;
/** Below one request a second a unit held in advance would more often run out than be used: it is asked for when needed. */
const LEAST_RATE = 1_000;

/** How long it is since rates were brought up to date; they are from now on. */
export function ratingSpanUs({ cells, at }: LeaseHub, nowUs: Micros): Micros {
  const spanUs = Math.max(1, nowUs - load(cells, at + HUB.ratedUs));
  store(cells, at + HUB.ratedUs, nowUs);
  return spanUs;
}

function averaged(rate: number, units: number, spanUs: Micros): number {
  const weight = Math.min(1, spanUs / AVERAGE_OVER_US);
  return Math.round(rate + weight * ((units * RATE_US) / spanUs - rate));
}

/** Attempts of a deployment. */
export function rateAttempts(row: Row, { cells, at }: RowLease, spanUs: Micros): void {
  const attempts = load(row.cells, row.cellAt + CELL.attempts);
  const begun = attempts - load(cells, at + ROW_LEASE.attemptsRated);
  store(cells, at + ROW_LEASE.attemptsRated, attempts);
  store(cells, at + ROW_LEASE.rate, averaged(load(cells, at + ROW_LEASE.rate), begun, spanUs));
}

/** Units of a limit. */
export function rateUnits({ cells, at }: MeterLease, spanUs: Micros): void {
  const taken = load(cells, at + METER_LEASE.taken);
  store(cells, at + METER_LEASE.taken, 0);
  store(cells, at + METER_LEASE.rate, averaged(load(cells, at + METER_LEASE.rate), taken, spanUs));
}

/** Parallel slots to hold beyond those in use: never more than an even part of all, so that nobody has to wait for them. */
export function spareSlots({ cells, at, hub }: RowLease, inUse: number, limit: number): number {
  const rate = load(cells, at + ROW_LEASE.rate);
  if (rate < LEAST_RATE) return 0;
  const part = Math.floor(limit / Math.max(1, load(hub.cells, hub.at + HUB.known)));
  return Math.max(0, Math.min(Math.ceil((rate / 1_000) * CHUNK_S), part - inUse));
}

/**
 * Units to hold in advance: half a second's, and at least what one request takes. Requests come as they like: where there
 * is plenty, two standard deviations are added, so that hardly one of many limits runs short before its turn.
 */
export function chunkOf(row: RowLease, meter: MeterLease, isPlenty: boolean): number {
  const attempts = load(row.cells, row.at + ROW_LEASE.rate);
  if (attempts < LEAST_RATE) return 0;
  const rate = load(meter.cells, meter.at + METER_LEASE.rate);
  const requests = (attempts / 1_000) * CHUNK_S;
  const most = isPlenty ? requests + 2 * Math.sqrt(requests) : requests;
  return Math.ceil((rate / attempts) * Math.max(1, most));
}
