// The cells of shared limits: what an instance notes of each limit, of each deployment and of how it stands with the ledger.
// Apart from leases.ts, which lays them out beside a fleet, because rows and meters point at them.

/** Cells of one instance: how it stands with the ledger. */
export const HUB = {
  /** Nobody waits for an answer from then on; 0 = none is outstanding. */
  deadlineUs: 0,
  isHungry: 1,
  known: 2,
  rank: 3,
  /** One of `PHASE`. */
  phase: 4,
  /** Parallel slots that the ledger gave are held until then. */
  slotsUntilUs: 5,
  /** Charges up to this moment were counted again, dated back from this slot of the ledger; 0 = nobody knows which. */
  recountedUs: 6,
  recountSlot: 7,
  hintsSeen: 8,
  /** When rates were last brought up to date. */
  ratedUs: 9,
  /** The ledger was late or away: others may not have told it yet what they charged meanwhile. */
  shareUntilUs: 10,
  /** The same of small limits, of which nothing is charged while it is only late. */
  smallShareUntilUs: 11,
  /** 1: the ledger cannot be reached, rather than being late with an answer. */
  isGone: 12,
} as const;
export const HUB_CELLS = 13;

export const PHASE = { normal: 0, share: 1, recount: 2 } as const;

/** Cells of one deployment, before those of its limits. */
export const ROW_LEASE = {
  held: 0,
  /** The ledger has no more slots to give before then. */
  slotsDeniedUntilUs: 1,
  slotsNeeded: 2,
  blockTold: 3,
  openTold: 4,
  attemptsRated: 5,
  /** Attempts in 1,000 s. */
  rate: 6,
} as const;
export const ROW_LEASE_CELLS = 7;

/** Grants that a limit holds at a time; a fifth sends the oldest back. */
export const GRANTS = 4;
/** Cells of a grant. */
export const GRANT = { units: 0, untilUs: 1, slot: 2, size: 3 } as const;

/** Cells of one limit. */
export const METER_LEASE = {
  /** Units in hand, and when the first of them may not be used any more. */
  left: 0,
  firstUntilUs: 1,
  /** Smallest and largest amount that was missing since the last ask. */
  needLeast: 2,
  needMost: 3,
  /** The ledger said that so many are not free before then. */
  deniedAmount: 4,
  deniedUntilUs: 5,
  /** Units charged since rates were brought up to date, and their rate: units in 1,000 s. */
  taken: 6,
  rate: 7,
  grantedUs: 8,
  /** Its last word on what is left, one more than that; 0 = it has not been asked about this limit. */
  ledgerLeft: 9,
  /** What may be charged in the first moments without an answer, and since when there was none. */
  room: 10,
  roomSinceUs: 11,
  grants: 12,
  /** Changes that the ledger has not been told, by its slots. */
  changes: 12 + GRANTS * GRANT.size,
  /** Charges that it does not know of, by half seconds of our own clock. */
  debts: 12 + GRANTS * GRANT.size + 130,
  /** Until when the provider's word holds that the ledger was told last. */
  heardUntilUs: 12 + GRANTS * GRANT.size + 260,
} as const;
/** Half seconds that a `DatedUnits` holds: more than the ledger remembers. */
export const DATED_SLOTS = 128;
export const METER_LEASE_CELLS = METER_LEASE.heardUntilUs + 1;

/** Rung when somebody needs what only the ledger can give; set by whoever asks it. */
export interface LeaseBell {
  ring: (() => void) | undefined;
}

export interface LeaseHub {
  readonly cells: Float64Array;
  readonly at: number;
  readonly bell: LeaseBell;
}

/** What is held and owed of one limit. */
export interface MeterLease {
  readonly hub: LeaseHub;
  readonly cells: Float64Array;
  readonly at: number;
}

/** What is held of one deployment's parallel slots, and what was said about its health. */
export interface RowLease {
  readonly hub: LeaseHub;
  readonly cells: Float64Array;
  readonly at: number;
}
