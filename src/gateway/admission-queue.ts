// The clock of the admission queue: one timer for the earliest place of all that wait. The queue itself is pure and
// decides; requests are woken by it and go on in their executors. Nothing here awaits.
import type { AdmissionQueue } from '../core/queue/admission-queue.ts';
import type { Clock, TimerHandle } from '../upstream/clock.ts';

class QueueTimer {
  readonly #queue: AdmissionQueue;
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;

  constructor(queue: AdmissionQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  arm(): void {
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
    if (this.#queue.isStale(now)) this.#queue.round({ now, rng: this.#clock.random });
    this.arm();
  }
}

function fire(timer: QueueTimer): void {
  timer.fire();
}

/** Sees to it that the queue is asked when it is due, from the first request that waits in it. */
export function attendQueue(queue: AdmissionQueue, clock: Clock): void {
  if (queue.onChange !== undefined) return;
  const timer = new QueueTimer(queue, clock);
  queue.onChange = () => timer.arm();
  timer.arm();
}
