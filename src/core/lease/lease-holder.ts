// One instance's side of the exchange with the ledger: asks one thing at a time, repeats what was not answered, counts
// again when the ledger has lost its memory. Pure: whoever owns the connection calls it, off the hot path, and tells the
// queue when an answer came. Requests read what it leaves in the fleet and never call it.
import { neverOpens } from '../breaker/policy.ts';
import { load, store } from '../fleet/cells.ts';
import { HUB, METER_LEASE, PHASE, ROW_LEASE, type MeterLease } from '../fleet/lease-cells.ts';
import type { LeasedFleet, LeasedRow } from '../fleet/leases.ts';
import { microsAfter, microsBefore, type Micros } from '../fleet/micros.ts';
import { inFlightOfRow } from '../fleet/operations.ts';
import { deploymentAt, type RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { applyHints, applyLines, applyStanding, type AnsweredAsk } from './apply-answer.ts';
import { buildLines, METER_NAMES, TURN_US } from './build-ask.ts';
import { isDatedEmpty } from './dated-units.ts';
import {
  ANSWER_MS,
  LEDGER_SLOT_MS,
  type HeardLeft,
  type LeaseAnswer,
  type LeaseAsk,
  type LeaseReply,
} from './exchange.ts';
import { changesOf, giveBackUntil } from './hand.ts';
import { debtsOf } from './lease-admission.ts';

/** An instance that needs nothing calls once a second: it must be heard when the ledger asks everybody to count again. */
const IDLE_MS: Millis = 1_000;

/** The fleet in force and the table that it was made for. */
export interface LeasedRuntime {
  readonly fleet: LeasedFleet;
  readonly table: RoutingTable;
}

export class LeaseHolder {
  readonly #instance: string;
  #runtime: LeasedRuntime;
  /** By deployment id; those of former configs too, for as long as they hold or owe something. */
  #rows = new Map<string, LeasedRow>();
  #indexOf = new Map<string, DeploymentIndex>();
  #sequence = 0;
  #epoch = '';
  #mustRecount = true;
  #pending: AnsweredAsk | undefined;

  /** `instance`: unique to this run. Nobody has been asked yet, so requests that come now wait for the first answer. */
  constructor(instance: string, runtime: LeasedRuntime, now: Millis) {
    this.#instance = instance;
    this.#runtime = runtime;
    this.#index();
    this.#await(microsBefore(now), true);
  }

  /** A reload: `runtime` has inherited the numbers of the one before. */
  moved(runtime: LeasedRuntime): void {
    this.#runtime.fleet.hub.bell.ring = undefined;
    this.#runtime = runtime;
    this.#index();
  }

  /** What to send now: a new ask, or the one that has not been answered, once more. */
  ask(now: Millis): LeaseAsk {
    const pending = this.#pending;
    const nowUs = microsAfter(now);
    this.#await(microsBefore(now), pending === undefined);
    if (pending === undefined) return this.#newAsk(nowUs);
    this.#pending = { ...pending, isRepeated: true };
    return repeated(pending, nowUs);
  }

  /** The last ask of all: everything goes back. */
  leave(now: Millis): LeaseAsk {
    for (const row of this.#rows.values()) {
      for (const name of METER_NAMES) {
        const lease = row[name]?.lease;
        if (lease !== undefined) giveBackUntil(lease, Number.POSITIVE_INFINITY);
      }
    }
    const ask = this.ask(now);
    // What were granted now, nobody would give back.
    return { ...ask, isLeaving: true, meters: ask.meters.map((line) => ({ ...line, want: 0, most: 0, least: 0 })) };
  }

  /** The answer is late; it may still come. */
  late(now: Millis): void {
    const { cells, at } = this.#runtime.fleet.hub;
    store(
      cells,
      at + HUB.deadlineUs,
      Math.min(load(cells, at + HUB.deadlineUs) || Infinity, Math.max(1, microsBefore(now))),
    );
  }

  /** The ledger cannot be reached, and nobody waits for it any more. */
  unanswered(now: Millis): void {
    this.late(now);
    const { cells, at } = this.#runtime.fleet.hub;
    store(cells, at + HUB.isGone, 1);
  }

  /** Limits may have room again afterwards: tell the queue. A reply to another ask than the last changes nothing. */
  answered(reply: LeaseReply, now: Millis): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    if (reply.kind === 'answer') {
      if (reply.sequence === pending.ask.sequence) this.#apply(reply, pending, microsBefore(now));
      return;
    }
    if (reply.kind === 'stale') this.#sequence = Math.max(this.#sequence, reply.sequence);
    else this.#sequence -= 1;
    this.#loseLedger();
  }

  /** Until the next ask is due, if the bell does not ring before. */
  pauseMs(): Millis {
    const { hub } = this.#runtime.fleet;
    if (this.#mustRecount || load(hub.cells, hub.at + HUB.isHungry) !== 0) return 0;
    // After a late answer nothing is as usual before one has come in time.
    if (load(hub.cells, hub.at + HUB.deadlineUs) !== 0) return TURN_US / 1000;
    for (const row of this.#rows.values()) if (isActive(row)) return TURN_US / 1000;
    return IDLE_MS;
  }

  #index(): void {
    const { fleet, table } = this.#runtime;
    const rows = new Map([...this.#rows].filter(([id, row]) => !table.byId.has(id) && isOwing(row)));
    this.#indexOf = new Map();
    for (const [index, row] of fleet.rows.entries()) {
      const { id } = deploymentAt(table, index);
      rows.set(id, row);
      this.#indexOf.set(id, index);
    }
    this.#rows = rows;
  }

  /**
   * An answer is expected from now on. Where one is overdue it stays so; but to a ledger that has answered, late, a new ask
   * begins a new second in which it is only late.
   */
  #await(nowUs: Micros, isNew: boolean): void {
    const { cells, at } = this.#runtime.fleet.hub;
    const deadlineUs = load(cells, at + HUB.deadlineUs);
    const isOverdue = deadlineUs !== 0 && deadlineUs <= nowUs;
    if (!isOverdue) store(cells, at + HUB.deadlineUs, nowUs + ANSWER_MS * 1000);
    else if (isNew && load(cells, at + HUB.isGone) === 0) store(cells, at + HUB.deadlineUs, nowUs);
  }

  #newAsk(nowUs: Micros): LeaseAsk {
    const { hub } = this.#runtime.fleet;
    const isRecount = this.#mustRecount;
    this.#sequence += 1;
    store(hub.cells, hub.at + HUB.isHungry, 0);
    const ask: LeaseAsk = {
      instance: this.#instance,
      sequence: this.#sequence,
      epoch: this.#epoch,
      known: load(hub.cells, hub.at + HUB.known),
      isRecount,
      isLeaving: false,
      hintsSeen: load(hub.cells, hub.at + HUB.hintsSeen),
      ...buildLines(this.#rows, hub, { nowUs, isRecount }),
    };
    this.#pending = { ask, sentUs: nowUs, isRepeated: false };
    this.#forgetSettled();
    return ask;
  }

  /** Rows of former configs that hold and owe nothing any more. */
  #forgetSettled(): void {
    for (const [id, row] of this.#rows) if (!this.#indexOf.has(id) && !isOwing(row)) this.#rows.delete(id);
  }

  #apply(answer: LeaseAnswer, pending: AnsweredAsk, nowUs: Micros): void {
    const { fleet, table } = this.#runtime;
    this.#pending = undefined;
    this.#epoch = answer.epoch;
    if (pending.ask.isRecount) this.#mustRecount = false;
    applyStanding(fleet.hub, answer, { ...pending, nowUs });
    applyLines(this.#rows, answer, { ...pending, nowUs });
    const opens = (index: DeploymentIndex): boolean => !neverOpens(deploymentAt(table, index), table.settings);
    applyHints({ fleet, indexOf: this.#indexOf, opens }, answer.hints, nowUs);
  }

  /** The ledger answers, but knows nothing: what it granted may not be used any more once everything is counted again. */
  #loseLedger(): void {
    const { cells, at } = this.#runtime.fleet.hub;
    this.#pending = undefined;
    this.#mustRecount = true;
    store(cells, at + HUB.deadlineUs, 0);
    store(cells, at + HUB.isGone, 0);
    store(cells, at + HUB.phase, PHASE.recount);
    store(cells, at + HUB.hintsSeen, 0);
  }
}

/** Ages go on; what was wished for then is not wished for now: it would come too late to be used. */
function repeated({ ask, sentUs }: AnsweredAsk, nowUs: Micros): LeaseAsk {
  const later = Math.floor((nowUs - sentUs) / (LEDGER_SLOT_MS * 1000));
  const meters = ask.meters.map(({ heard, ...line }) => ({
    ...line,
    ...heardLater(heard, nowUs - sentUs),
    want: 0,
    most: 0,
    past: line.past.map(([age, units]): [number, number] => [age + later, units]),
  }));
  return { ...ask, meters };
}

/** What a provider said wears off meanwhile. */
function heardLater(heard: HeardLeft | undefined, sinceUs: Micros): { readonly heard?: HeardLeft } {
  const forMs = (heard?.forMs ?? 0) - Math.ceil(sinceUs / 1000);
  return heard === undefined || forMs <= 0 ? {} : { heard: { ...heard, forMs } };
}

function isActive(row: LeasedRow): boolean {
  const { cells, at } = row.lease;
  if (load(cells, at + ROW_LEASE.held) > inFlightOfRow(row)) return true;
  return load(cells, at + ROW_LEASE.rate) >= 1_000 || METER_NAMES.some((name) => isMeterOwing(row[name]?.lease));
}

/** Something is held, or the ledger has yet to be told something. */
function isOwing(row: LeasedRow): boolean {
  if (load(row.lease.cells, row.lease.at + ROW_LEASE.held) > 0) return true;
  return METER_NAMES.some((name) => isMeterOwing(row[name]?.lease));
}

function isMeterOwing(lease: MeterLease | undefined): boolean {
  if (lease === undefined) return false;
  if (load(lease.cells, lease.at + METER_LEASE.left) > 0) return true;
  return !isDatedEmpty(changesOf(lease)) || !isDatedEmpty(debtsOf(lease));
}
