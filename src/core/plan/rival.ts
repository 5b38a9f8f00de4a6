// The second attempt of a race, as the executor holds it: it reports to the same plan, with a charge and a hop of its own.
import type { BreakerChange } from '../breaker/breaker.ts';
import type { Charge } from '../fleet/charge.ts';
import type { Attempt, AttemptReport, Outcome } from '../outcome.ts';
import { deploymentAt } from '../routing-table.ts';
import type { Millis, Rng } from '../units.ts';
import { attemptEnded } from './attempt-end.ts';
import type { Hop } from './hop.ts';
import type { PlanState } from './plan-state.ts';
import { planAttempt } from './planned-attempt.ts';
import type { RivalPick } from './race.ts';
import { settleAttempt } from './settle-attempt.ts';

/** A second attempt, and where its end is told. */
export interface PlannedRival extends AttemptReport {
  readonly attempt: Attempt;
}

export class Rival implements PlannedRival {
  readonly attempt: Attempt;
  readonly #state: PlanState;
  readonly #hop: Hop;
  readonly #charge: Charge;
  isRunning = true;

  constructor(state: PlanState, { hop, picked }: RivalPick, now: Millis) {
    this.#state = state;
    this.#hop = hop;
    this.#charge = picked.charge;
    this.attempt = planAttempt(state, hop, { deployment: picked.deployment, isRival: true, now });
  }

  /** It has won: from now on the request is where the rival is. No breaker closes by it, since it is nobody's probe. */
  content(): BreakerChange {
    this.#state.hop = this.#hop;
    this.#state.deployment = this.attempt.deployment;
    return undefined;
  }

  record(outcome: Outcome, now: Millis, rng: Rng): BreakerChange {
    if (!this.isRunning) return undefined;
    this.isRunning = false;
    const state = this.#state;
    const ended = { hop: this.#hop, charge: this.#charge, now, rng };
    const change = settleAttempt(state, outcome, ended);
    attemptEnded(state, outcome, { ...ended, deployment: deploymentAt(state.table, this.attempt.deployment) });
    return change;
  }
}
