// The column "Health of the deployment" of the failure contract (DESIGN 5) as one function: what an attempt's outcome
// does to the breaker of the deployment that was tried. The plan calls it once per attempt and decides nothing itself.
import type { Deployment } from '../deployment.ts';
import type { Charge } from '../fleet/charge.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Failure, Outcome } from '../outcome.ts';
import type { Millis, Rng } from '../units.ts';
import type { BreakerChange } from './breaker.ts';
import { blockUntil, openNow, recordAbandoned, recordFailure, recordSuccess, restUntil } from './breaker.ts';
import type { BreakerSettings } from './policy.ts';
import { cooldownOf, DEFAULT_COOLDOWN_MS, neverOpens, QUOTA_OPEN_MS } from './policy.ts';
import { TRIGGER } from './standing.ts';

export interface OutcomeContext {
  readonly charge: Charge;
  readonly deployment: Deployment;
  readonly settings: BreakerSettings;
  readonly now: Millis;
  readonly rng: Rng;
}

/** Settles the health of one attempt; call exactly once. Tells when the breaker opened or closed. */
export function recordOutcome(fleet: Fleet, outcome: Outcome, context: OutcomeContext): BreakerChange {
  if (outcome.kind === 'success') return recordSuccess(fleet, context.charge, context.now);
  if (outcome.kind === 'failure' && counts(outcome.failure, context)) {
    return recordBlame(fleet, outcome.failure, context);
  }
  recordAbandoned(fleet, context.charge);
  return undefined;
}

/** No caller can hurt the others: only what the deployment itself did counts. */
function counts(failure: Failure, context: OutcomeContext): boolean {
  return failure.scope === 'deployment' && !neverOpens(context.deployment, context.settings);
}

function recordBlame(fleet: Fleet, failure: Failure, context: OutcomeContext): BreakerChange {
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
function recordRateLimit(fleet: Fleet, failure: Failure, context: OutcomeContext): BreakerChange {
  const { charge, deployment, now, settings } = context;
  if (failure.retryAfterMs === undefined && settings.allowedFails !== undefined) {
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
function recordFailureSample(fleet: Fleet, failure: Failure, context: OutcomeContext): BreakerChange {
  const { allowedFails } = context.settings;
  const fallbackMs = allowedFails === undefined ? undefined : DEFAULT_COOLDOWN_MS;
  return recordFailure(fleet, context.charge, {
    now: context.now,
    rng: context.rng,
    allowedFails,
    openMs: cooldownOf(context.deployment, context.settings) ?? fallbackMs,
    retryAfterMs: failure.retryAfterMs,
  });
}
