// The admission queue in virtual time: one event for the earliest place of all that wait, as gateway/admission-queue.ts
// has one timer.
import { AdmissionQueue } from '../src/core/queue/admission-queue.ts';
import type { Millis, Rng } from '../src/core/units.ts';

export class SimQueue {
  readonly queue = new AdmissionQueue();
  readonly #schedule: (atMs: Millis, token: number) => void;
  #armedForMs = Number.POSITIVE_INFINITY;
  #token = 0;

  /** `schedule`: `due` is to be called then, with this token. */
  constructor(schedule: (atMs: Millis, token: number) => void) {
    this.#schedule = schedule;
    this.queue.onChange = () => this.#arm();
  }

  /** A token that is not the latest belongs to a moment that has been moved. */
  due(token: number, now: Millis, rng: Rng): void {
    if (token !== this.#token) return;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    if (this.queue.isStale(now)) this.queue.round({ now, rng });
    this.#arm();
  }

  #arm(): void {
    const { dueMs } = this.queue;
    if (dueMs === this.#armedForMs) return;
    this.#armedForMs = dueMs;
    this.#token += 1;
    if (Number.isFinite(dueMs)) this.#schedule(dueMs, this.#token);
  }
}
