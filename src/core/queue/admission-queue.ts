// The queue of requests that wait for a unit of a limit: bounded, in order of rank, each with a reservation for the unit
// that it will get. Pure: it is told the time, and says when it wants to be asked again. Since every place is reserved
// in the meters, a decision for a new request needs to know nothing of the queue.
//
// Places are given anew, in order of rank, whenever something happened that may change them: a time has come, somebody
// left, a charge was corrected, a breaker changed, somebody of better rank arrived. So the place whose time has come is
// always that of the best-ranked request that may use it, those behind one that left move up, and whoever has no place
// in time any more is told at once.
import type { Micros } from '../fleet/micros.ts';
import { microsBefore, toMillis } from '../fleet/micros.ts';
import { WINDOW_US } from '../fleet/meter.ts';
import { release, reserve } from '../limiter/reserve.ts';
import { select } from '../select/select.ts';
import type { Millis, Rng } from '../units.ts';
import { earliestPlace } from './earliest-place.ts';
import { compareRank, type Discipline, type Waiter, type WaitRequest } from './waiter.ts';

/** Most requests that wait at a time (routing-science 7.6). */
export const MAX_WAITING = 2_000;

/** A queue that has not been empty for longer is served newest first (routing-science 7.2). */
export const STANDING_AFTER_MS = 2_000;

/** Changes that come thick and fast are answered together. A new request never overtakes for it: see `isStale`. */
const GATHER_MS = 5;

const GATHER_ABOVE = 100;

/** Now, and chance for the decisions that it allows. */
export interface QueueMoment {
  readonly now: Millis;
  readonly rng: Rng;
}

export class AdmissionQueue {
  /** Called when `dueMs` may have become earlier, or the queue empty; set by whoever keeps the timer. */
  onChange: (() => void) | undefined;
  readonly #maxWaiting: number;
  /** Best rank first. */
  #waiters: Waiter[] = [];
  /** Left since the last round: what they held stays reserved until it is given to those behind them. */
  #gone: Waiter[] = [];
  #arrivals = 0;
  #dueUs: Micros = Number.POSITIVE_INFINITY;
  #changedMs: Millis | undefined;
  #standsSinceMs: Millis | undefined;
  #discipline: Discipline = 'oldest-first';

  constructor(maxWaiting = MAX_WAITING) {
    this.#maxWaiting = maxWaiting;
  }

  /** Requests that wait. */
  get size(): number {
    return this.#waiters.length;
  }

  /** Who left still holds what it had reserved: the next round gives it back. */
  get holdsForLeavers(): boolean {
    return this.#gone.length > 0;
  }

  /** When `round` should be called next; Infinity = when something happens. */
  get dueMs(): Millis {
    const changedMs = this.#changedMs ?? Number.POSITIVE_INFINITY;
    const gatheredMs = this.#waiters.length > GATHER_ABOVE ? changedMs + GATHER_MS : changedMs;
    return Math.min(gatheredMs, toMillis(this.#dueUs));
  }

  /** Something has happened that waiters have first claim to: call `round` before a new request is decided on. */
  isStale(now: Millis): boolean {
    if (this.#waiters.length === 0 && this.#gone.length === 0) return false;
    return this.#changedMs !== undefined || this.#dueUs <= microsBefore(now);
  }

  /**
   * A request for which `select` found nothing. `undefined`: refused, because there is no place in time or the queue is
   * full. The waiter may be `picked` already, if its rank gave it a place whose time has come.
   */
  enter(request: WaitRequest, at: QueueMoment): Waiter | undefined {
    this.#settleDiscipline(at.now);
    this.#arrivals += 1;
    const waiter = createWaiter(request, request.arrival ?? this.#arrivals);
    const last = this.#waiters.at(-1);
    const isLast = last === undefined || compareRank(waiter, last, this.#discipline) > 0;
    if (this.#waiters.length >= this.#maxWaiting) {
      if (isLast) return undefined;
      this.#tellLast();
    }
    if (isLast) this.#append(waiter, at);
    else {
      this.#waiters.push(waiter);
      this.round(at);
    }
    return waiter.state === 'told' ? undefined : waiter;
  }

  /** The request needs its place no longer: it went away, or has somewhere else to go. */
  leave(waiter: Waiter, now: Millis): void {
    const position = this.#waiters.indexOf(waiter);
    if (position < 0) return;
    this.#waiters.splice(position, 1);
    this.#gone.push(waiter);
    waiter.state = 'told';
    this.changed(now);
  }

  /** Units came back, a breaker opened or closed, a provider named a time: places may have changed. */
  changed(now: Millis): void {
    if (this.#waiters.length === 0 && this.#gone.length === 0) return;
    this.#changedMs ??= now;
    this.onChange?.();
  }

  /** Gives all places anew. Requests whose place is now are picked, those without a place in time are told. */
  round(at: QueueMoment): void {
    this.#settleDiscipline(at.now);
    this.withdraw();
    this.#changedMs = undefined;
    this.#dueUs = Number.POSITIVE_INFINITY;
    const waiters = this.#waiters.toSorted((a, b) => compareRank(a, b, this.#discipline));
    for (const waiter of waiters) this.#decide(waiter, at);
    this.#waiters = waiters.filter(({ state }) => state === 'waiting');
    this.#noteSize(at.now);
    for (const waiter of waiters) if (waiter.state !== 'waiting') waiter.wake?.();
    this.onChange?.();
  }

  /** Gives all reservations back, until the next round: before the numbers of the fleet move to another one. */
  withdraw(): void {
    for (const waiter of this.#gone) giveBack(waiter);
    for (const waiter of this.#waiters) giveBack(waiter);
    this.#gone = [];
  }

  /** What was reserved has been taken out by somebody else, and must not be given back: the next round reserves anew. */
  forget(now: Millis): void {
    for (const waiter of this.#waiters) waiter.reservation = undefined;
    this.#gone = [];
    this.changed(now);
  }

  /** Nobody's place changes: what it needs is added behind all others. */
  #append(waiter: Waiter, at: QueueMoment): void {
    this.#decide(waiter, at);
    if (waiter.state !== 'waiting') return;
    this.#waiters.push(waiter);
    this.#noteSize(at.now);
    this.onChange?.();
  }

  #decide(waiter: Waiter, { now, rng }: QueueMoment): void {
    const { context, latestMs } = waiter;
    const nowUs = microsBefore(now);
    const { place, askAgainAtUs } = earliestPlace(context, nowUs);
    const isNow = place !== undefined && place.atUs <= nowUs;
    const selection = isNow ? select(context, now, rng) : undefined;
    if (selection?.kind === 'picked') {
      waiter.picked = selection;
      waiter.state = 'picked';
      return;
    }
    const lastUs = Math.min(microsBefore(latestMs), nowUs + WINDOW_US);
    if (place === undefined || isNow || place.atUs > lastUs) {
      waiter.state = 'told';
      return;
    }
    waiter.reservation = reserve(context.fleet, context, { ...place, nowUs });
    waiter.dueUs = Math.min(place.atUs, askAgainAtUs);
    this.#dueUs = Math.min(this.#dueUs, waiter.dueUs);
  }

  #tellLast(): void {
    for (const last of this.#waiters.splice(-1)) {
      last.state = 'told';
      this.#gone.push(last);
      last.wake?.();
    }
  }

  #settleDiscipline(now: Millis): void {
    const stands = this.#standsSinceMs !== undefined && now - this.#standsSinceMs > STANDING_AFTER_MS;
    const discipline = stands ? 'newest-first' : 'oldest-first';
    if (discipline === this.#discipline) return;
    this.#discipline = discipline;
    this.#waiters.sort((a, b) => compareRank(a, b, discipline));
  }

  #noteSize(now: Millis): void {
    this.#standsSinceMs = this.#waiters.length === 0 ? undefined : (this.#standsSinceMs ?? now);
  }
}

function createWaiter(request: WaitRequest, arrival: number): Waiter {
  return {
    ...request,
    arrival,
    state: 'waiting',
    reservation: undefined,
    dueUs: Number.POSITIVE_INFINITY,
    picked: undefined,
    wake: undefined,
  };
}

function giveBack(waiter: Waiter): void {
  if (waiter.reservation !== undefined) release(waiter.context.fleet, waiter.reservation);
  waiter.reservation = undefined;
}
