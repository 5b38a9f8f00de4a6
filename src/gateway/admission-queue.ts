// The clock of the admission queue: one timer for the earliest place of all that wait. The queue itself is pure and
// decides; requests are woken by it and go on in their executors. Nothing here awaits.
import type { AdmissionQueue } from '../core/queue/admission-queue.ts';
import type { Millis } from '../core/units.ts';
import type { Clock, TimerHandle } from '../upstream/clock.ts';
import type { FleetGuard } from './fleet-guard.ts';
import type { Runtime } from './runtime.ts';

class QueueTimer {
  readonly #queue: AdmissionQueue;
  readonly #clock: Clock;
  readonly #guard: FleetGuard | undefined;
  #isWatching = false;
  #timer: TimerHandle | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;

  constructor({ queue, guard }: Pick<Runtime, 'queue' | 'guard'>, clock: Clock) {
    this.#queue = queue;
    this.#guard = guard;
    this.#clock = clock;
  }

  arm(): void {
    if (this.#guard !== undefined) this.#watch(this.#guard);
    const { dueMs } = this.#queue;
    if (dueMs === this.#armedForMs) return;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#armedForMs = dueMs;
    this.#timer = Number.isFinite(dueMs)
      ? this.#clock.after(Math.max(0, dueMs - this.#clock.now()), fire, this)
      : undefined;
  }

  /** A timer may fire a little early: then it is set again. */
  fire(): void {
    this.#timer = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    if (this.#queue.isStale(now)) this.#round(now);
    this.arm();
  }

  #round(now: Millis): void {
    const queue = this.#queue;
    const mayFree = queue.holdsForLeavers;
    const at = this.#guard?.enter(now) ?? now;
    try {
      queue.round({ now: at, rng: this.#clock.random });
    } finally {
      this.#guard?.leave(mayFree);
    }
  }

  /** What another thread gives back may be for who waits here. */
  #watch(guard: FleetGuard): void {
    if (this.#isWatching || this.#queue.size === 0) return;
    this.#isWatching = true;
    guard.watch(() => {
      this.#isWatching = this.#queue.size > 0;
      if (this.#isWatching) this.#queue.changed(this.#clock.now());
      return this.#isWatching;
    });
  }
}

function fire(timer: QueueTimer): void {
  timer.fire();
}

/** Sees to it that the queue is asked when it is due, from the first request that waits in it. */
export function attendQueue(runtime: Pick<Runtime, 'queue' | 'guard'>, clock: Clock): void {
  const { queue } = runtime;
  if (queue.onChange !== undefined) return;
  const timer = new QueueTimer(runtime, clock);
  queue.onChange = () => timer.arm();
  timer.arm();
}
