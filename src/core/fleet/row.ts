// Where the numbers of one deployment lie in the fleet's buffer. A row is found once per decision; everything else in
// the core takes a row, so that a reload can point old requests at the row that lives on.
import type { Limits } from '../deployment.ts';
import type { Meter } from './meter.ts';
import { meterAt, meterSize } from './meter.ts';
import type { Slots } from './slots.ts';
import { slotsSize } from './slots.ts';

/** Int32 cells of a row. */
export const COUNTER = { status: 0, inFlight: 1, consecutiveFailures: 2, openings: 3, trigger: 4 } as const;
export const COUNTERS_PER_ROW = 6;

/** Float64 cells of a row, before its windows. */
export const CELL = {
  openUntilUs: 0,
  blockedUntilUs: 1,
  restingUntilUs: 2,
  recoveredAtUs: 3,
  probeAtUs: 4,
  attempts: 5,
  successes: 6,
  failures: 7,
  heldRequests: 8,
  heldRequestsUntilUs: 9,
  heldTokens: 10,
  heldTokensUntilUs: 11,
  checkedAtUs: 12,
  checkResult: 13,
} as const;
const FIXED_CELLS = 14;

/** 30 s for the failure rate, 60 s for `allowed_fails` (DESIGN 5). */
const RATE_SLOTS = { slotUs: 2_000_000, count: 15 } as const;
const FAIL_SLOTS = { slotUs: 500_000, count: 121 } as const;

/** Quarter octaves from 1 to 65,536 output tokens, then the sample count and the quantile. */
export const ESTIMATE = { buckets: 64, samples: 64, quantile: 65, size: 66 } as const;

export interface Row {
  readonly counters: Int32Array;
  readonly counterAt: number;
  readonly cells: Float64Array;
  readonly cellAt: number;
  readonly rpm: Meter | undefined;
  readonly tpm: Meter | undefined;
  readonly itpm: Meter | undefined;
  readonly otpm: Meter | undefined;
  /** Infinity when there is no limit. */
  readonly maxParallel: number;
  /** Any of the four meters is there. */
  readonly metered: boolean;
  /** Start of the output estimate; -1 when no limit counts output tokens. */
  readonly estimateAt: number;
  readonly rateTotal: Slots;
  readonly rateFailures: Slots;
  readonly recentFailures: Slots;
}

function optionalSize(limit: number | undefined): number {
  return limit === undefined ? 0 : meterSize(limit);
}

function countsOutput(limits: Limits): boolean {
  return limits.tpm !== undefined || limits.otpm !== undefined;
}

/** Float64 cells of a row with these limits. */
export function rowSize(limits: Limits): number {
  const windows = 2 * slotsSize(RATE_SLOTS.count) + slotsSize(FAIL_SLOTS.count);
  const estimate = countsOutput(limits) ? ESTIMATE.size : 0;
  const meters =
    optionalSize(limits.rpm) + optionalSize(limits.tpm) + optionalSize(limits.itpm) + optionalSize(limits.otpm);
  return FIXED_CELLS + windows + estimate + meters;
}

/** Hands out consecutive stretches of cells. */
class CellCursor {
  readonly #cells: Float64Array;
  #at: number;

  constructor(cells: Float64Array, at: number) {
    this.#cells = cells;
    this.#at = at;
  }

  take(size: number): number {
    const at = this.#at;
    this.#at += size;
    return at;
  }

  slots(spec: { readonly slotUs: number; readonly count: number }): Slots {
    return { kind: 'slots', cells: this.#cells, at: this.take(slotsSize(spec.count)), ...spec };
  }

  meter(limit: number | undefined): Meter | undefined {
    return limit === undefined ? undefined : meterAt(this.#cells, this.take(meterSize(limit)), limit);
  }
}

/** Places for the numbers of one row. */
export interface RowPlace {
  readonly counters: Int32Array;
  readonly counterAt: number;
  readonly cells: Float64Array;
  readonly cellAt: number;
}

export function createRow(limits: Limits, place: RowPlace): Row {
  const cursor = new CellCursor(place.cells, place.cellAt + FIXED_CELLS);
  const rateTotal = cursor.slots(RATE_SLOTS);
  const rateFailures = cursor.slots(RATE_SLOTS);
  const recentFailures = cursor.slots(FAIL_SLOTS);
  const estimateAt = countsOutput(limits) ? cursor.take(ESTIMATE.size) : -1;
  const rpm = cursor.meter(limits.rpm);
  const tpm = cursor.meter(limits.tpm);
  const itpm = cursor.meter(limits.itpm);
  const otpm = cursor.meter(limits.otpm);
  return {
    ...place,
    rpm,
    tpm,
    itpm,
    otpm,
    maxParallel: limits.maxParallelRequests ?? Number.POSITIVE_INFINITY,
    metered: rpm !== undefined || tpm !== undefined || itpm !== undefined || otpm !== undefined,
    estimateAt,
    rateTotal,
    rateFailures,
    recentFailures,
  };
}
