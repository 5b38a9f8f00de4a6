// What a plan did and why, step by step, for requests that are explained. Plain data that grows while the request runs;
// the plan writes it and never reads it, so that an explained request goes the way of any other.
import type { Deployment } from '../deployment.ts';
import type { Failure, FailureCause, TimerName } from '../outcome.ts';
import type { Hop } from '../plan/hop.ts';
import type { Retry } from '../plan/retry.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RoutingTable } from '../routing-table.ts';
import type { ResolvedModel } from '../select/resolve.ts';
import type { NonePicked, SelectContext } from '../select/select-context.ts';
import type { Millis } from '../units.ts';
import type { ExplainedDecision } from './decision.ts';
import { explainDecision } from './explain-decision.ts';
import { fallbackListOf, type FallbackList } from './fallback-list.ts';

/** A failure without its text, which may quote the request. */
export interface TracedFailure {
  readonly cause: FailureCause;
  readonly status: number;
  readonly class: string;
  readonly timer?: TimerName | undefined;
}

type Step =
  /** A group is asked: the request's own, or a fallback. */
  | { readonly kind: 'group'; readonly asked: string; readonly group: string; readonly as: ResolvedModel['kind'] }
  | {
      readonly kind: 'decision';
      readonly group: string;
      /** Id; `undefined`: nobody could take it. */
      readonly picked: string | undefined;
      /** Until somebody may, if nobody could. */
      readonly soonestInMs: Millis | undefined;
      /** `undefined` where only the choice is known. */
      readonly decision: ExplainedDecision | undefined;
    }
  /** A stream was silent for too long: another deployment is asked beside it. */
  | { readonly kind: 'race'; readonly group: string; readonly silent: string; readonly rival: string }
  | { readonly kind: 'failed'; readonly deployment: string | undefined; readonly failure: TracedFailure }
  | {
      readonly kind: 'retry';
      readonly retry: number;
      readonly of: number;
      readonly among: number;
      readonly pauseMs: Millis;
      readonly reason: 'another deployment' | Retry['reason'];
      /** Fallbacks come first. */
      readonly isDeferred: boolean;
    }
  | { readonly kind: 'fallback'; readonly from: string; readonly to: string; readonly list: FallbackList }
  | { readonly kind: 'wait'; readonly waitMs: Millis; readonly reason: Retry['reason'] }
  | { readonly kind: 'counted'; readonly promptTokens: number }
  | { readonly kind: 'end'; readonly failure: TracedFailure };

/** `atMs` counts from the start of the request. */
export type PlanStep = Step & { readonly atMs: Millis };

/** What a trace is made for. */
export interface TraceOrigin {
  readonly table: RoutingTable;
  readonly intent: RequestIntent;
  readonly startedAtMs: Millis;
}

/** A request that walks on and on is told up to here. */
const MOST_STEPS = 100;

export class PlanTrace {
  readonly steps: PlanStep[] = [];
  readonly #origin: TraceOrigin;
  /** Decisions that may still be explained candidate by candidate. */
  #decisionsLeft: number;
  #decision: ExplainedDecision | undefined;

  /** `decisions`: how many are explained candidate by candidate; of further ones only the choice is kept. */
  constructor(origin: TraceOrigin, decisions: number) {
    this.#origin = origin;
    this.#decisionsLeft = decisions;
  }

  /** A decision is about to be made. */
  look(context: SelectContext, now: Millis): void {
    this.#decision = undefined;
    if (this.#decisionsLeft <= 0) return;
    this.#decisionsLeft -= 1;
    this.#decision = explainDecision(context, now);
  }

  /** The decision that was looked at found this one. */
  picked(group: string, { id: picked }: Deployment, now: Millis): void {
    this.#add(now, { kind: 'decision', group, picked, soonestInMs: undefined, decision: this.#decision });
  }

  /** It found nobody. */
  foundNobody(group: string, { soonestMs }: NonePicked, now: Millis): void {
    const soonestInMs = soonestMs === undefined ? undefined : soonestMs - now;
    this.#add(now, { kind: 'decision', group, picked: undefined, soonestInMs, decision: this.#decision });
  }

  /** `rival` was asked too. */
  raced(group: string, pair: { readonly silent: Deployment; readonly rival: Deployment }, now: Millis): void {
    this.#add(now, { kind: 'race', group, silent: pair.silent.id, rival: pair.rival.id });
  }

  group({ resolution }: Hop, now: Millis): void {
    this.#add(now, { kind: 'group', asked: resolution.requested, group: resolution.group, as: resolution.kind });
  }

  /** An attempt failed; without a deployment the failure was made up (`mock_testing_*`). */
  failed(deployment: Deployment | undefined, failure: Failure, now: Millis): void {
    this.#add(now, { kind: 'failed', deployment: deployment?.id, failure: traced(failure) });
  }

  retry(hop: Hop, retry: Retry, now: Millis): void {
    const pauseMs = Math.max(0, retry.untilMs - now);
    this.#add(now, {
      kind: 'retry',
      retry: hop.retries + 1,
      of: hop.maxRetries,
      among: retry.candidates.length,
      pauseMs,
      reason: pauseMs === 0 ? 'another deployment' : retry.reason,
      isDeferred: retry.isDeferred,
    });
  }

  fallback(from: string, to: Hop, at: { readonly cause: FailureCause; readonly now: Millis }): void {
    const list = fallbackListOf(to, { ...this.#origin, cause: at.cause });
    this.#add(at.now, { kind: 'fallback', from, to: to.resolution.requested, list });
    this.group(to, at.now);
  }

  wait(wait: { readonly untilMs: Millis; readonly reason: Retry['reason'] }, now: Millis): void {
    this.#add(now, { kind: 'wait', waitMs: Math.max(0, wait.untilMs - now), reason: wait.reason });
  }

  counted(promptTokens: number, now: Millis): void {
    this.#add(now, { kind: 'counted', promptTokens });
  }

  end(failure: Failure, now: Millis): void {
    this.#add(now, { kind: 'end', failure: traced(failure) });
  }

  #add(now: Millis, step: Step): void {
    if (this.steps.length < MOST_STEPS) this.steps.push({ atMs: now - this.#origin.startedAtMs, ...step });
  }
}

/** What of a failure may be kept. */
export function traced({ cause, status, exceptionClass, timer }: Failure): TracedFailure {
  const kind = { cause, status, class: exceptionClass };
  return timer === undefined ? kind : { ...kind, timer };
}
