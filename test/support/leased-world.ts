// Several instances that share limits through one ledger, in virtual time: each has a clock of its own, its requests are
// decided by the real core, and its asks travel through a network that delays, loses and repeats. Whatever was admitted
// is written down in true time.
import { finished, inFlight } from '../../src/core/fleet/operations.ts';
import { createFleet } from '../../src/core/fleet/fleet.ts';
import type { Charge } from '../../src/core/fleet/charge.ts';
import { leaseFleet } from '../../src/core/fleet/leases.ts';
import { ANSWER_MS, SILENCE_MS, type LeaseAsk, type LeaseReply } from '../../src/core/lease/exchange.ts';
import { LeaseHolder } from '../../src/core/lease/lease-holder.ts';
import { shareOf } from '../../src/core/lease/own-share.ts';
import { refund, settle } from '../../src/core/limiter/settle.ts';
import { AdmissionQueue } from '../../src/core/queue/admission-queue.ts';
import type { RoutingTable } from '../../src/core/routing-table.ts';
import { select } from '../../src/core/select/select.ts';
import type { Picked, SelectContext } from '../../src/core/select/select-context.ts';
import { LedgerModel } from './ledger-model.ts';
import { sketchContext } from './routing-fixture.ts';
import { seededRng } from './seeded-rng.ts';

/** What the network does to one exchange; times one way, in ms. */
export interface Passage {
  readonly thereMs: number;
  readonly backMs: number;
  /** The ask never arrives, or its answer does not. */
  readonly lost?: 'ask' | 'answer' | undefined;
}

/** A request that one instance gets. */
export interface LeasedRequest {
  readonly promptTokens?: number;
  readonly takesMs?: number;
  /** Share of what was charged that it turns out to use; 0 = it never reached the provider. */
  readonly usedShare?: number | undefined;
  readonly queueTimeoutMs?: number;
}

/** One unit of time-ordered truth: what was admitted when, and by whom. */
export interface Admitted {
  readonly atMs: number;
  /** The instance; a restart makes it another. */
  readonly by: number;
  readonly charge: Charge;
  usedShare: number;
  endedAtMs: number;
  /** Its share of a limit when it was admitted. */
  readonly shareOf: (limit: number) => number;
}

/** What a client was told that came in vain, as the header says it. */
export interface Refusal {
  readonly atMs: number;
  readonly retryAfterS: number;
}

/** Unanswered for so long, a call is given up and made anew. */
const LEAST_GAP_MS = 5;

interface Call {
  over: boolean;
}

export class LeasedInstance {
  readonly world: LeasedWorld;
  readonly nth: number;
  readonly born: number;
  readonly fleet;
  readonly queue = new AdmissionQueue();
  readonly holder: LeaseHolder;
  readonly skewMs: number;
  asks = 0;
  isAlive = true;
  readonly refusals: Refusal[] = [];
  #call: Call | undefined;
  #askedMs = -Infinity;
  #dueMs = Infinity;
  #queueDueMs = Infinity;

  constructor(world: LeasedWorld, nth: number, skewMs: number) {
    this.world = world;
    this.nth = nth;
    this.skewMs = skewMs;
    this.born = world.births++;
    this.fleet = leaseFleet(createFleet(world.table.deployments));
    this.holder = new LeaseHolder(`i${this.born}`, { fleet: this.fleet, table: world.table }, this.now);
    this.fleet.hub.bell.ring = () => this.#hurry();
    this.queue.onChange = () => this.#armQueue();
    this.#askAt(this.now);
  }

  /** Its own clock. */
  get now(): number {
    return this.world.nowMs + this.skewMs;
  }

  request(request: LeasedRequest = {}): void {
    if (!this.isAlive) return;
    const { fleet, queue, now } = this;
    if (queue.isStale(now)) queue.round({ now, rng: this.world.rng });
    const { table } = this.world;
    const context = sketchContext({ table, fleet }, { promptTokens: request.promptTokens ?? 1, maxTokens: 0 });
    const selection = select(context, now, this.world.rng);
    if (selection.kind === 'picked') return this.#dispatch(selection, request);
    const waits = selection.limited > 0 ? this.#wait(context, request) : false;
    if (!waits) this.#refuse(selection.returnMs);
  }

  #refuse(returnMs: number | undefined): void {
    if (returnMs === undefined) return;
    const retryAfterS = Math.max(1, Math.ceil((returnMs - this.now) / 1000));
    this.refusals.push({ atMs: this.world.nowMs, retryAfterS });
  }

  /** The process is gone, with all that it knew. */
  crash(): void {
    this.isAlive = false;
  }

  #wait(context: SelectContext, request: LeasedRequest): boolean {
    const { queue, now } = this;
    const latestMs = now + (request.queueTimeoutMs ?? 10_000);
    const waiter = queue.enter({ context, priority: 0, latestMs, arrival: undefined }, { now, rng: this.world.rng });
    if (waiter === undefined) return false;
    const decided = (): void => {
      if (!this.isAlive) return;
      if (waiter.picked !== undefined) this.#dispatch(waiter.picked, request);
    };
    if (waiter.state === 'waiting') waiter.wake = decided;
    else decided();
    return true;
  }

  #dispatch(picked: Picked, request: LeasedRequest): void {
    const { world, fleet } = this;
    const { charge } = picked;
    const hub = { ...fleet.hub, cells: fleet.hub.cells.slice(0, 16) };
    const admitted: Admitted = {
      atMs: world.nowMs,
      by: this.born,
      charge,
      usedShare: 1,
      endedAtMs: world.nowMs + (request.takesMs ?? 50),
      shareOf: (limit) => shareOf(limit, hub),
    };
    world.admitted.push(admitted);
    world.onAdmitted?.();
    world.at(admitted.endedAtMs, () => {
      if (!this.isAlive) return;
      const { now } = this;
      finished(fleet, picked.deployment);
      const share = request.usedShare;
      if (share === 0) refund(fleet, charge, now);
      else if (share !== undefined) {
        const totalTokens = Math.max(1, Math.ceil(charge.totalTokens * share));
        settle(fleet, charge, { usage: { promptTokens: totalTokens, completionTokens: 0, totalTokens }, now });
      }
      if (share !== undefined) admitted.usedShare = share;
      this.queue.changed(now);
    });
  }

  /** The shell's loop: one call at a time, at least some milliseconds apart. */
  #hurry(): void {
    if (this.#call === undefined) this.#askAt(Math.max(this.now, this.#askedMs + LEAST_GAP_MS));
  }

  #askAt(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.world.at(dueMs - this.skewMs, () => {
      if (this.#dueMs !== dueMs || !this.isAlive) return;
      this.#dueMs = Infinity;
      this.#ask();
    });
  }

  #ask(): void {
    const { world } = this;
    if (this.#call !== undefined) return;
    this.#askedMs = this.now;
    this.asks += 1;
    const call: Call = { over: false };
    this.#call = call;
    world.carry(this, this.holder.ask(this.now), (reply) => this.#answered(call, reply));
    world.at(world.nowMs + SILENCE_MS, () => {
      if (call.over || !this.isAlive) return;
      call.over = true;
      this.#call = undefined;
      this.holder.unanswered(this.now);
      this.queue.changed(this.now);
      this.#askAt(this.now + 100);
    });
    world.at(world.nowMs + 51, () => {
      if (!call.over && this.isAlive) this.queue.changed(this.now);
    });
  }

  #answered(call: Call, reply: LeaseReply): void {
    if (call.over || !this.isAlive) return;
    call.over = true;
    this.#call = undefined;
    this.holder.answered(reply, this.now);
    if (this.now - this.#askedMs > ANSWER_MS) this.holder.late(this.now);
    this.queue.changed(this.now);
    this.#askAt(this.now + Math.max(LEAST_GAP_MS, this.holder.pauseMs()));
  }

  #armQueue(): void {
    const { dueMs } = this.queue;
    if (dueMs === this.#queueDueMs || !Number.isFinite(dueMs)) return;
    this.#queueDueMs = dueMs;
    this.world.at(Math.max(dueMs, this.now) - this.skewMs, () => {
      if (this.#queueDueMs !== dueMs || !this.isAlive) return;
      this.#queueDueMs = Infinity;
      if (this.queue.isStale(this.now)) this.queue.round({ now: this.now, rng: this.world.rng });
      this.#armQueue();
    });
  }
}

interface WorldEvent {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export interface WorldOptions {
  readonly instances: number;
  readonly skewsMs?: readonly number[];
  readonly seed?: number;
  /** The next exchange of an instance. */
  readonly passage?: (instance: LeasedInstance) => Passage;
}

const LEDGER_START_MS = 1_800_000_000_000;
const FAST: Passage = { thereMs: 1, backMs: 1 };

export class LeasedWorld {
  readonly table: RoutingTable;
  readonly ledger = new LedgerModel();
  readonly instances: LeasedInstance[] = [];
  readonly admitted: Admitted[] = [];
  readonly rng: () => number;
  readonly #options: WorldOptions;
  /** A heap by time. */
  readonly #events: WorldEvent[] = [];
  births = 0;
  onAdmitted: (() => void) | undefined;
  /** The next exchange of an instance. */
  passageOf: (instance: LeasedInstance) => Passage;
  #order = 0;
  /** True time: nobody's clock. */
  nowMs = 0;

  constructor(table: RoutingTable, options: WorldOptions) {
    this.table = table;
    this.#options = options;
    this.passageOf = options.passage ?? (() => FAST);
    this.rng = seededRng(options.seed ?? 1);
    for (let nth = 0; nth < options.instances; nth++) this.restart(nth);
  }

  get ledgerMs(): number {
    return LEDGER_START_MS + Math.floor(this.nowMs);
  }

  /** An instance begins, in the place of one that is gone. */
  restart(nth: number): void {
    this.instances[nth]?.crash();
    this.instances[nth] = new LeasedInstance(this, nth, this.#options.skewsMs?.[nth] ?? 1_000 * (nth + 1));
  }

  carry(from: LeasedInstance, ask: LeaseAsk, deliver: (reply: LeaseReply) => void): void {
    const passage = this.passageOf(from);
    if (passage.lost === 'ask') return;
    this.at(this.nowMs + passage.thereMs, () => {
      const reply = this.ledger.call(ask, this.ledgerMs);
      if (passage.lost === 'answer') return;
      this.at(this.nowMs + passage.backMs, () => deliver(reply));
    });
  }

  at(atMs: number, run: () => void): void {
    const events = this.#events;
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, run };
    let place = events.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = events[parent];
      if (above === undefined || !isBefore(event, above)) break;
      events[place] = above;
      place = parent;
    }
    events[place] = event;
  }

  runUntil(untilMs: number): void {
    for (;;) {
      const [first] = this.#events;
      if (first === undefined || first.atMs > untilMs) break;
      this.#removeFirst();
      this.nowMs = first.atMs;
      first.run();
    }
    this.nowMs = untilMs;
  }

  #removeFirst(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const smaller = firstOf(events, left, left + 1);
      const child = events[smaller];
      if (child === undefined || !isBefore(child, last)) break;
      events[place] = child;
      place = smaller;
    }
    events[place] = last;
  }

  inFlight(deployment: number): number {
    return this.instances.reduce((sum, each) => (each.isAlive ? sum + inFlight(each.fleet, deployment) : sum), 0);
  }
}

function firstOf(events: readonly WorldEvent[], left: number, right: number): number {
  const a = events[left];
  const b = events[right];
  return a !== undefined && b !== undefined && isBefore(b, a) ? right : left;
}

function isBefore(a: WorldEvent, b: WorldEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
