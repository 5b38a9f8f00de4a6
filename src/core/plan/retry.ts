// One retry inside a group: whether it may be made, who may serve it and after what pause. Only a lone deployment is
// given time; where there are others, one of them is asked at once.
import { backoffMs } from '../backoff.ts';
import type { Deployment } from '../deployment.ts';
import type { Failure } from '../outcome.ts';
import type { RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex, Millis, Rng } from '../units.ts';
import { inRotation, type Hop } from './hop.ts';
import { isUnsent, retryCandidates } from './retry-rule.ts';

/** A further attempt of a hop, or the end of a wait. */
export interface Retry {
  readonly candidates: readonly DeploymentIndex[];
  readonly untilMs: Millis;
  readonly reason: Hop['waitReason'];
  /** Spends one of the hop's retries. */
  readonly counts: boolean;
  /** Its pause is longer than `fallback_after` and a fallback is at hand: that comes first. */
  readonly isDeferred: boolean;
}

export interface RetryInput {
  readonly table: RoutingTable;
  readonly hop: Hop;
  readonly failure: Failure;
  /** `undefined`: nothing was attempted (a mock failure). */
  readonly deployment: Deployment | undefined;
  readonly tried: readonly DeploymentIndex[];
  readonly promptTokens: number;
  readonly hasFallback: boolean;
  /** A stream is to be gone on with: the deployment that broke it is not asked again. */
  readonly isRecovery: boolean;
  /** The deployment refused the beginning of the answer that it was to go on from. */
  readonly hasRefusedBeginning: boolean;
  /** A `retry_policy` says how many. */
  readonly byPolicy: boolean;
  /** No wait may end later. */
  readonly latestMs: Millis;
  readonly now: Millis;
  readonly rng: Rng;
}

/** `undefined` = no retry in this group. */
export function planRetry(input: RetryInput): Retry | undefined {
  const { table, hop, failure, deployment, hasFallback, now } = input;
  const counts = !isUnsent(failure);
  if (counts && hop.retries >= hop.maxRetries) return undefined;
  const group = inRotation(table, hop.members);
  const candidates = deployment === undefined ? group : retryCandidates({ ...input, deployment, group });
  if (candidates.length === 0) return undefined;
  if (group.length > 1 || input.hasRefusedBeginning)
    return { candidates, untilMs: now, reason: 'backoff', counts, isDeferred: false };
  const namedMs = failure.retryAfterMs ?? 0;
  const pauseMs = Math.max(namedMs, backoffMs(hop.retries, table.settings.retryAfterMs, input.rng));
  if (now + pauseMs > input.latestMs) return undefined;
  const isDeferred = hasFallback && pauseMs > table.settings.fallbackAfterMs;
  return {
    candidates,
    untilMs: now + pauseMs,
    reason: namedMs >= pauseMs ? 'retry-after' : 'backoff',
    counts: true,
    isDeferred,
  };
}

/** The hop goes on as the retry says. */
export function applyRetry(hop: Hop, { candidates, untilMs, reason, counts }: Retry): void {
  if (counts) hop.retries += 1;
  hop.candidates = candidates;
  hop.notBeforeMs = untilMs;
  hop.waitReason = reason;
}
