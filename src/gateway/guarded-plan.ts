// The plan of a request where threads share the numbers: each step is made inside the guard. A class of its own, so that
// `Plan` knows nothing of threads and a lone process runs it as it is.
import type { BreakerChange } from '../core/breaker/breaker.ts';
import type { Action, Outcome } from '../core/outcome.ts';
import { Plan, type PlanContext } from '../core/plan.ts';
import type { Millis, Rng } from '../core/units.ts';
import type { PlannedRival } from '../core/plan/rival.ts';
import { insideGuard, type FleetGuard } from './fleet-guard.ts';

export class GuardedPlan extends Plan {
  readonly #guard: FleetGuard;

  /** Nothing is decided yet, and of the numbers at most single ones are read: outside the guard. */
  constructor(context: PlanContext, guard: FleetGuard) {
    super(context);
    this.#guard = guard;
  }

  override next(now: Millis, rng: Rng): Action {
    const at = this.#guard.enter(now);
    try {
      return super.next(at, rng);
    } finally {
      this.#guard.leave(false);
    }
  }

  override content(now: Millis): BreakerChange {
    const at = this.#guard.enter(now);
    try {
      return super.content(at);
    } finally {
      this.#guard.leave(true);
    }
  }

  override race(now: Millis, rng: Rng): PlannedRival | undefined {
    const guard = this.#guard;
    const rival = insideGuard(guard, now, (at) => super.race(at, rng));
    if (rival === undefined) return undefined;
    return {
      attempt: rival.attempt,
      content: (atMs) => rival.content(atMs),
      record: (outcome, endedMs, chance) => {
        const at = guard.enter(endedMs);
        try {
          return rival.record(outcome, at, chance);
        } finally {
          guard.leave(true);
        }
      },
    };
  }

  /** Most requests have nothing to give back. */
  override abandon(now: Millis): void {
    if (this.waiter === undefined) return;
    const at = this.#guard.enter(now);
    try {
      super.abandon(at);
    } finally {
      this.#guard.leave(true);
    }
  }

  override record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange {
    const at = this.#guard.enter(now);
    try {
      return super.record(outcome, at, rng);
    } finally {
      this.#guard.leave(true);
    }
  }
}
