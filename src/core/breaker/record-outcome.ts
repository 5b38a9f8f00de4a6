// The column "Health of the deployment" of the failure contract (DESIGN 5) as one function: what an attempt's outcome
// does to the breaker of the deployment that was tried. The plan calls it once per attempt and decides nothing itself.
import { knownClassOf } from '../class-numbers.ts';
import type { Deployment, FailLimit } from '../deployment.ts';
import type { Charge } from '../fleet/charge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Failure, Outcome } from '../outcome.ts';
import type { Millis, Rng } from '../units.ts';
import type { BreakerChange } from './breaker.ts';
import { blockUntil, openNow, recordAbandoned, recordFailure, recordSuccess, restUntil } from './breaker.ts';
import type { BreakerSettings } from './policy.ts';
import { allowedFailsOf, cooldownOf, DEFAULT_COOLDOWN_MS, neverOpens, QUOTA_OPEN_MS } from './policy.ts';
import { TRIGGER } from './standing.ts';

export interface OutcomeContext {
  readonly charge: Charge;
  readonly deployment: Deployment;
  readonly settings: BreakerSettings;
  /** The caller brought the credentials or the address. */
  readonly callerCredentials?: boolean;
  readonly now: Millis;
  readonly rng: Rng;
}

/** Settles the health of one attempt; call exactly once. Tells when the breaker opened or closed. */
export function recordOutcome(fleet: Fleet, outcome: Outcome, context: OutcomeContext): BreakerChange {
  if (outcome.kind === 'success') return recordSuccess(fleet, context.charge, context.now);
  if (outcome.kind === 'failure') {
    const limit = failLimitFor(context.deployment, outcome.failure);
    if (counts(outcome.failure, limit, context)) return recordBlame(fleet, outcome.failure, { ...context, limit });
  }
  recordAbandoned(fleet, context.charge);
  return undefined;
}

interface BlameContext extends OutcomeContext {
  readonly limit: FailLimit | undefined;
}

/** The entry of an `allowed_fails_policy` that the failure falls under. */
function failLimitFor({ failLimits }: Deployment, failure: Failure): FailLimit | undefined {
  if (failLimits.length === 0) return undefined;
  const byClass = new Map(failLimits.map((limit) => [limit.exceptionClass, limit]));
  const known = knownClassOf(failure.exceptionClass, byClass);
  return known === undefined ? undefined : byClass.get(known);
}

/**
 * No caller can hurt the others: only what the deployment itself did counts. The one exception is asked for by name: an
 * entry in a deployment's own `model_info.allowed_fails_policy` counts refusals of requests too (litellm-1.106.md 5e),
 * though never what a caller's own key, address or timeout brought about.
 */
function counts(failure: Failure, limit: FailLimit | undefined, context: OutcomeContext): boolean {
  const { deployment, settings, callerCredentials } = context;
  if (neverOpens(deployment, settings)) return false;
  if (failure.scope === 'request') return limit?.isOwn === true && callerCredentials !== true;
  return failure.scope === 'deployment';
}

/** Neither a time that the provider named nor a spent quota waits for further failures. */
function isCountedByClass({ cause, retryAfterMs }: Failure, limit: FailLimit | undefined): boolean {
  if (limit === undefined || cause === 'quota_exhausted') return false;
  return cause !== 'rate_limit' || retryAfterMs === undefined;
}

function recordBlame(fleet: Fleet, failure: Failure, context: BlameContext): BreakerChange {
  if (isCountedByClass(failure, context.limit)) return recordFailureSample(fleet, failure, context);
  switch (failure.cause) {
    case 'rate_limit':
      return recordRateLimit(fleet, failure, context);
    case 'quota_exhausted':
      return openFor(fleet, context, {
        trigger: TRIGGER.quota,
        openMs: Math.max(QUOTA_OPEN_MS, failure.retryAfterMs ?? 0),
      });
    case 'authentication':
    case 'misconfigured': {
      const openMs = cooldownOf(context.deployment, context.settings) ?? DEFAULT_COOLDOWN_MS;
      return openFor(fleet, context, { trigger: TRIGGER.misconfigured, openMs });
    }
    case 'server_error':
    case 'conflict':
    case 'bad_answer':
    case 'connection':
    case 'timeout':
    case 'upstream_timeout':
      return recordFailureSample(fleet, failure, context);
    case 'permission':
    case 'not_found':
    case 'context_window':
    case 'content_policy':
    case 'bad_request':
      recordAbandoned(fleet, context.charge);
      return undefined;
  }
}

function openFor(
  fleet: Fleet,
  context: OutcomeContext,
  opening: { readonly trigger: number; readonly openMs: Millis },
): BreakerChange {
  return openNow(fleet, context.charge, { ...opening, now: context.now });
}

/**
 * With a time: blocked until then, or longer where the deployment's own `cooldown_time` says so. Without one: the
 * cooldown; an operator who wrote `allowed_fails` gets so many of these before anything happens, as in LiteLLM 1.106.
 */
function recordRateLimit(fleet: Fleet, failure: Failure, context: BlameContext): BreakerChange {
  const { charge, deployment, now, settings } = context;
  if (failure.retryAfterMs === undefined && allowedFailsOf(deployment, settings) !== undefined) {
    return recordFailureSample(fleet, failure, context);
  }
  if (failure.retryAfterMs === undefined) {
    restUntil(fleet, charge.deployment, now + (cooldownOf(deployment, settings) ?? DEFAULT_COOLDOWN_MS));
  } else {
    blockUntil(fleet, charge.deployment, now + Math.max(failure.retryAfterMs, deployment.cooldownMs ?? 0));
  }
  recordAbandoned(fleet, charge);
  return undefined;
}

/**
 * `allowed_fails` without a `cooldown_time` keeps LiteLLM's 5 s: whoever writes the one knows the other's default. The
 * doubling open time belongs to our own triggers.
 */
function recordFailureSample(fleet: Fleet, failure: Failure, context: BlameContext): BreakerChange {
  const { charge, deployment, settings, limit, now, rng } = context;
  const allowedFails = limit?.allowedFails ?? allowedFailsOf(deployment, settings);
  const fallbackMs = allowedFails === undefined ? undefined : DEFAULT_COOLDOWN_MS;
  return recordFailure(fleet, charge, {
    now,
    rng,
    allowedFails,
    failClass: limit?.exceptionClass,
    openMs: cooldownOf(deployment, settings) ?? fallbackMs,
    retryAfterMs: failure.retryAfterMs,
  });
}
