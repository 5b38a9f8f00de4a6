// Where the numbers of one deployment lie in the fleet's buffer. A row is found once per decision; everything else in
// the core takes a row, so that a reload can point old requests at the row that lives on.
import type { FailLimit, Limits } from '../deployment.ts';
import { createFailCounts, failCountsSize, type FailCounts } from './fail-counts.ts';
import type { Lanes } from './lane-place.ts';
import type { RowLease } from './lease-cells.ts';
import type { Meter } from './meter.ts';
import { meterAt, meterSize } from './meter.ts';
import type { Samples } from './samples.ts';
import { samplesSize } from './samples.ts';
import type { Slots } from './slots.ts';
import { slotsSize } from './slots.ts';

/** Int32 cells of a row. */
export const COUNTER = { status: 0, inFlight: 1, consecutiveFailures: 2, openings: 3, trigger: 4, probeBy: 5 } as const;
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
  heldInput: 12,
  heldInputUntilUs: 13,
  heldOutput: 14,
  heldOutputUntilUs: 15,
  checkedAtUs: 16,
  checkResult: 17,
  firstContents: 18,
  firstContentUs: 19,
} as const;
const FIXED_CELLS = 20;

/** 30 s for the failure rate, 60 s for `allowed_fails` (DESIGN 5). */
const RATE_SLOTS = { slotUs: 2_000_000, count: 15, ring: 15 } as const;
const FAIL_SLOTS = { slotUs: 500_000, count: 121, ring: 121 } as const;

/** 60 s of tokens, as exact as a comparison needs. */
const USAGE_SLOTS = { slotUs: 2_000_000, count: 31, ring: 31 } as const;

/** Most latency samples that a deployment keeps, of either kind. */
export const MOST_SAMPLES = 100;

/**
 * Float64 cells for what strategies learn. They lie behind all rows: where no strategy learns, nobody touches those
 * pages of the buffer, and they cost no memory.
 */
export const LEARNED_CELLS = slotsSize(USAGE_SLOTS.count) + 2 * samplesSize(MOST_SAMPLES);

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
  /** Tokens of the last 60 s, where a strategy asks for them. */
  readonly usage: Slots;
  /** Microseconds per completion token, or of a whole answer without any. */
  readonly latencies: Samples;
  /** Microseconds to the first content of a stream. */
  readonly firstContents: Samples;
  /** Failures by class, where a policy counts them so. */
  readonly failCounts: FailCounts;
  /** Attempts in flight by thread; `undefined` = no thread shares the row. */
  readonly lanes: Lanes | undefined;
  /** What is held of it, where other instances share it. */
  readonly lease?: RowLease;
}

function optionalSize(limit: number | undefined): number {
  return limit === undefined ? 0 : meterSize(limit);
}

function countsOutput(limits: Limits): boolean {
  return limits.tpm !== undefined || limits.otpm !== undefined;
}

/** Float64 cells of a row with these limits. */
export function rowSize(limits: Limits, failLimits: readonly FailLimit[]): number {
  const windows = 2 * slotsSize(RATE_SLOTS.ring) + slotsSize(FAIL_SLOTS.ring);
  const estimate = countsOutput(limits) ? ESTIMATE.size : 0;
  const meters =
    optionalSize(limits.rpm) + optionalSize(limits.tpm) + optionalSize(limits.itpm) + optionalSize(limits.otpm);
  return FIXED_CELLS + windows + estimate + meters + failCountsSize(failLimits);
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

  slots(spec: Pick<Slots, 'slotUs' | 'count' | 'ring'>): Slots {
    return { kind: 'slots', cells: this.#cells, at: this.take(slotsSize(spec.ring)), ...spec };
  }

  samples(capacity: number): Samples {
    return { cells: this.#cells, at: this.take(samplesSize(capacity)), capacity };
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
  /** `LEARNED_CELLS` from here. */
  readonly learnedAt: number;
  readonly lanes: Lanes | undefined;
}

/** The limits that are counted over a minute. */
export function metersOf({ rpm, tpm, itpm, otpm }: Row): Meter[] {
  return [rpm, tpm, itpm, otpm].filter((meter) => meter !== undefined);
}

export function createRow(limits: Limits, failLimits: readonly FailLimit[], place: RowPlace): Row {
  const cursor = new CellCursor(place.cells, place.cellAt + FIXED_CELLS);
  const rateTotal = cursor.slots(RATE_SLOTS);
  const rateFailures = cursor.slots(RATE_SLOTS);
  const recentFailures = cursor.slots(FAIL_SLOTS);
  const estimateAt = countsOutput(limits) ? cursor.take(ESTIMATE.size) : -1;
  const rpm = cursor.meter(limits.rpm);
  const tpm = cursor.meter(limits.tpm);
  const itpm = cursor.meter(limits.itpm);
  const otpm = cursor.meter(limits.otpm);
  const learned = new CellCursor(place.cells, place.learnedAt);
  const failsAt = cursor.take(failCountsSize(failLimits));
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
    usage: learned.slots(USAGE_SLOTS),
    latencies: learned.samples(MOST_SAMPLES),
    firstContents: learned.samples(MOST_SAMPLES),
    failCounts: createFailCounts(place.cells, failsAt, failLimits),
  };
}
