// One exchange between an instance and the ledger that all instances share: what is asked, and what is answered. The
// instance's side is in this folder, the ledger's in src/sharing/lease.lua. Times cross only as durations, because the
// two clocks know nothing of each other; the ledger's half seconds ("slots") cross as numbers that mean something to the
// ledger alone.
import type { Millis } from '../units.ts';

/** A granted unit may be used for so long after it was asked for. The ledger counts 1 s for it: the rest is for drift. */
export const LEASE_MS: Millis = 950;
/** The half seconds by which the ledger counts. */
export const LEDGER_SLOT_MS: Millis = 500;
/** The parallel slots of an instance that has not called for so long come back. */
export const MEMBER_MS: Millis = 6_000;
/** An answer that takes longer is not waited for. */
export const ANSWER_MS: Millis = 50;

/** After so long without an answer the ledger is away. */
export const SILENCE_MS: Millis = 1_000;

/** What is needed is asked for and answered within this time, the least pauses between calls included. */
export const PATIENCE_MS: Millis = 2 * ANSWER_MS;

/** Number of a half second on the ledger's clock. */
export type LedgerSlot = number;

export type MeterName = 'rpm' | 'tpm' | 'itpm' | 'otpm';

/** Units by slot of the ledger in which they were granted: [slot, units], negative = given back or less used. */
export type SlotUnits = readonly [slot: LedgerSlot, units: number];

/** Units by age when the ask was sent, in whole half seconds: charged here without the ledger's knowing. */
export type AgedUnits = readonly [halfSecondsAgo: number, units: number];

/** One limit of one deployment. */
export interface MeterAsk {
  readonly deployment: string;
  readonly meter: MeterName;
  /** Units in any 60 s. */
  readonly limit: number;
  /** Units that would be welcome; 0 = none. */
  readonly want: number;
  /** Below this a grant would serve nobody: then nothing is granted, or `least`, with which the smallest can go. */
  readonly most: number;
  readonly least: number;
  /** The instance had units of it within the last minute: a ledger that knows nothing of the meter has lost its memory. */
  readonly isKnown: boolean;
  readonly changes: readonly SlotUnits[];
  readonly past: readonly AgedUnits[];
  /** The provider's own word, where it has spoken since the last ask. */
  readonly heard?: HeardLeft;
}

/** What the provider says is left, for so long; of what the ledger has handed out this instance has not used `hand`. */
export interface HeardLeft {
  readonly left: number;
  readonly hand: number;
  readonly forMs: Millis;
}

/** `max_parallel_requests` of one deployment. */
export interface SlotAsk {
  readonly deployment: string;
  readonly limit: number;
  /** Attempts that run: they hold a slot whatever the ledger says. */
  readonly inUse: number;
  /** Slots to hold from now on, those in use included; fewer than before gives the rest back. */
  readonly hold: number;
}

/** What changed in the health of a deployment since the last ask; 0 where nothing did. */
export interface HintAsk {
  readonly deployment: string;
  /** The provider asked to be left alone for so long. */
  readonly blockedForMs: Millis;
  /** The breaker opened and stays open for so long. */
  readonly openForMs: Millis;
  /** Why: one of the breaker's `TRIGGER`. */
  readonly trigger: number;
}

export interface LeaseAsk {
  /** Unique to one run of one process. */
  readonly instance: string;
  /** One more with each ask; a repeat of an ask that was not answered has the same number, and is done once. */
  readonly sequence: number;
  /** Of the ledger's memory, as the last answer named it; '' = never answered. */
  readonly epoch: string;
  /** Most instances that this one knows of, itself included. */
  readonly known: number;
  /** `past` holds all charges of the last minute: the ledger has none of them. */
  readonly isRecount: boolean;
  /** The instance ends: its parallel slots come back at once. */
  readonly isLeaving: boolean;
  /** Number of the newest hint that has been read. */
  readonly hintsSeen: number;
  readonly meters: readonly MeterAsk[];
  readonly slots: readonly SlotAsk[];
  readonly hints: readonly HintAsk[];
}

/** To the `MeterAsk` in the same place. */
export interface MeterAnswer {
  readonly granted: number;
  /** Units that nobody holds or has used, after this. */
  readonly left: number;
  /** Until `most` are free, where fewer were granted; 0 = they were. */
  readonly freeInMs: Millis;
}

/** To the `SlotAsk` in the same place. */
export interface SlotAnswer {
  readonly held: number;
}

/** What others said, with the times that are left of it. */
export interface HintNews extends HintAsk {
  /** How long ago the ledger heard of the opening: a breaker that has recovered since knows better. */
  readonly openedMsAgo: Millis;
}

/**
 * `recount`: the ledger remembers less than it should and nobody is granted anything until all have counted again.
 * `share`: somebody has not, so that for a window nobody may have more than its share. `normal`: the ledger knows all.
 */
export type LedgerPhase = 'recount' | 'share' | 'normal';

export interface LeaseAnswer {
  readonly kind: 'answer';
  readonly sequence: number;
  readonly epoch: string;
  readonly phase: LedgerPhase;
  /** The ledger's clock when it did what was asked. */
  readonly serverMs: Millis;
  /** Instances that called within `MEMBER_MS`, this one included. */
  readonly members: number;
  /** Instances whose units may still count, this one included. */
  readonly known: number;
  /** Place of this instance among the known, from 0. */
  readonly rank: number;
  readonly hintsSeen: number;
  readonly meters: readonly MeterAnswer[];
  readonly slots: readonly SlotAnswer[];
  readonly hints: readonly HintNews[];
}

/** Nothing was done: the ledger's memory is another than the ask speaks of. Ask again, with a recount. */
export interface RecountDemand {
  readonly kind: 'recount-demand';
  readonly epoch: string;
}

/** Nothing was done: `sequence`, a later ask of an instance with this name, has been answered before. */
export interface StaleAsk {
  readonly kind: 'stale';
  readonly sequence: number;
}

export type LeaseReply = LeaseAnswer | RecountDemand | StaleAsk;
