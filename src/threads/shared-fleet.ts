// The numbers that all threads share, as the thread that watches over them sees them: laid out anew for each config, moved
// from one config to the next, and freed of what a dead thread held.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayConfig } from '../config/types.ts';
import { createFleet, fleetBytes } from '../core/fleet/fleet.ts';
import { copyNumbers, pointAtHeirs, type FleetOf } from '../core/fleet/inherit.ts';
import { dropReservations, giveBackThread, recountFleet } from '../core/fleet/lanes.ts';
import { leaseBytes, leaseFleet } from '../core/fleet/leases.ts';
import { microsBefore } from '../core/fleet/micros.ts';
import { recountHands } from '../core/lease/hand.ts';
import type { Millis } from '../core/units.ts';
import type { Clock } from '../upstream/clock.ts';
import { FleetLock } from './fleet-lock.ts';
import type { Generation } from './messages.ts';
import { createSharedWords, LANE, laneWord, WORD, type SharedWords } from './shared-words.ts';

/** Numbers for one config, not in force yet. */
export interface FleetDraft {
  readonly config: GatewayConfig;
  readonly generation: Generation;
  readonly fleet: FleetOf;
}

/** The thread that watches has no lane: it starts no attempts. */
const NO_LANE = 0;
const LOCK_POLL_MS = 1;
/** Configs that requests may still run in. */
const MOST_EARLIER = 8;

export class SharedFleet {
  readonly #shared: SharedWords;
  readonly #lock: FleetLock;
  readonly #clock: Clock;
  #lastNumber = 0;
  #last: Promise<unknown> = Promise.resolve();
  #inForce: FleetDraft;
  /** Those before, newest first: in them are the numbers of deployments that are gone and may come back. */
  #earlier: readonly FleetDraft[] = [];

  constructor(config: GatewayConfig, threads: number, clock: Clock) {
    this.#shared = createSharedWords(threads);
    this.#lock = new FleetLock(this.#shared, threads + 1);
    this.#clock = clock;
    this.#inForce = this.draft(config);
    Atomics.store(this.#shared.words, WORD.generation, this.#inForce.generation.number);
  }

  get words(): SharedArrayBuffer {
    return this.#shared.buffer;
  }

  get inForce(): FleetDraft {
    return this.#inForce;
  }

  draft(config: GatewayConfig): FleetDraft {
    const { deployments, settings } = config.table;
    const { budgets } = settings;
    const { threads } = this.#shared;
    const accounts = budgets?.list.length;
    const buffer = new SharedArrayBuffer(fleetBytes(deployments, accounts, threads));
    const alone = createFleet(deployments, { buffer, count: threads, thread: NO_LANE }, accounts);
    const leases = config.redis === undefined ? undefined : new SharedArrayBuffer(leaseBytes(alone));
    const fleet = leases === undefined ? alone : leaseFleet(alone, leases);
    this.#lastNumber += 1;
    return {
      config,
      generation: { number: this.#lastNumber, texts: config.texts, fleet: buffer, leases },
      fleet: { fleet, deployments, budgets },
    };
  }

  /**
   * Moves the numbers. Whoever enters next, in any thread, finds that another config is in force. `moved` is called
   * before anybody enters.
   */
  async enact(next: FleetDraft, moved: () => void): Promise<void> {
    await this.inside((now) => {
      const generations = [this.#inForce, ...this.#earlier].map(({ fleet }) => fleet);
      copyNumbers(generations, next.fleet, now);
      for (const old of generations) pointAtHeirs(old, next.fleet);
      // Who waits reserves anew: a reservation is given back where it was made, and that is behind us.
      for (const row of new Set(next.fleet.fleet.rows)) dropReservations(row, microsBefore(now));
      Atomics.store(this.#shared.words, WORD.generation, next.generation.number);
      this.#earlier = [this.#inForce, ...this.#earlier].slice(0, MOST_EARLIER);
      this.#inForce = next;
      this.#lock.nextEpoch();
      moved();
    });
  }

  /** The thread has ended, however: the lock is free, its parallel slots are back, nothing else has changed. */
  async giveBack(thread: number): Promise<void> {
    // First of all: until then the others stand still.
    if (this.#lock.takeOver(thread, this.#clock.now()) !== undefined) this.#recount();
    const { words } = this.#shared;
    Atomics.store(words, laneWord(thread, LANE.isQueueing), 0);
    Atomics.store(words, laneWord(thread, LANE.heldBytes), 0);
    await this.inside((now) => {
      const { fleet } = this.#inForce.fleet;
      giveBackThread(fleet, thread, microsBefore(now));
      this.#lock.nextEpoch();
    });
  }

  /** Inside, where somebody died in the middle of a change: nobody enters before sums are right again. */
  #recount(): void {
    const { fleet } = this.#inForce.fleet;
    try {
      recountFleet(fleet);
      recountHands(fleet);
    } finally {
      this.#lock.leave(true);
    }
  }

  /**
   * One piece of work with the numbers, in the order in which they were wished for; whoever waits for units looks again
   * afterwards. Never blocks: if the thread inside dies, this one must hear of it.
   */
  inside<Result>(work: (now: Millis) => Result): Promise<Result> {
    const done = this.#last.then(() => this.#enter(work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #enter<Result>(work: (now: Millis) => Result): Promise<Result> {
    for (;;) {
      const now = this.#lock.tryEnter(this.#clock.now());
      if (now === undefined) {
        await sleep(LOCK_POLL_MS);
        continue;
      }
      try {
        return work(now);
      } finally {
        this.#lock.leave(true);
      }
    }
  }
}
