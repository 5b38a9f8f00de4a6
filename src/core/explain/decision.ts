// What an explained decision looks like: plain data, for people and for JSON. Times are relative to the decision, so
// that they mean something to whoever does not know the gateway's clock.
import type { BreakerState } from '../breaker/standing.ts';
import type { LimitName } from '../limiter/limiter.ts';
import type { StrategyArgs, StrategyName } from '../routing-table.ts';
import type { Reason } from '../select/shortage.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

/** Why a usable candidate was passed over: the request has tried it, a lower `order` is there, or it sticks to another. */
export type PassedOver = 'tried' | 'order' | 'sticky';

/** This instance holds none of a limit that it shares with others, and the ledger has not said that there is none. */
export type Unleased = 'noLease';

/** One limit of a candidate now: units in any 60 s (or slots), charged, and left by every account. */
export interface ExplainedLimit {
  readonly name: LimitName;
  readonly limit: number;
  readonly used: number;
  readonly left: number;
}

export interface ExplainedBreaker {
  readonly state: BreakerState;
  /** Why it opened; `refused`: the provider said to stay away; `undefined`: it is closed. */
  readonly why:
    | 'failures in a row'
    | 'failure rate'
    | 'allowed_fails'
    | 'misconfigured'
    | 'quota'
    | 'refused'
    | undefined;
  /** Until it may have traffic again; 0 = it may now. */
  readonly availableInMs: Millis;
  /** Share of its normal traffic, below 1 after recovery. */
  readonly ramp: number;
}

export interface ExplainedCandidate {
  readonly index: DeploymentIndex;
  readonly id: string;
  /** `kept`: the strategy chooses among these. `overruled`: kept although its breaker is open. */
  readonly verdict: 'kept' | 'overruled' | 'passed over' | 'dropped';
  /** First reason against it; `undefined` for those that are kept. */
  readonly reason: Reason | PassedOver | Unleased | undefined;
  /** Until it may be usable, where a clock can tell; 0 = now. */
  readonly freeInMs: Millis | undefined;
  /** Probability of being picked, 0 to 1. */
  readonly probability: number;
  /** Under a strategy of weights: its weight. Under one of scores: its score, lower is better. Of kept ones only. */
  readonly weight: number | undefined;
  readonly score: number | undefined;
  readonly order: number | undefined;
  readonly tried: boolean;
  readonly inFlight: number;
  readonly limits: readonly ExplainedLimit[];
  readonly breaker: ExplainedBreaker;
}

export interface ExplainedDecision {
  readonly strategy: StrategyName;
  readonly strategyArgs: StrategyArgs;
  readonly promptTokens: number;
  /** In config order; of very many, those that may be picked first. */
  readonly candidates: readonly ExplainedCandidate[];
  /** Candidates that are not shown. */
  readonly omitted: number;
}
