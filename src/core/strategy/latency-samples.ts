// What latency-based routing learns from an attempt (LiteLLM 1.106, 3.5a): seconds per completion token, or of the whole
// answer where there are no tokens; of a stream the time to its first content. Kept as whole microseconds.
import type { Fleet } from '../fleet/fleet.ts';
import { rowOf } from '../fleet/fleet.ts';
import type { Micros } from '../fleet/micros.ts';
import { microsAfter, microsBefore } from '../fleet/micros.ts';
import { samplesAdd } from '../fleet/samples.ts';
import type { Outcome, Timing, TokenUsage } from '../outcome.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

/** What a timeout counts for: 1,000 s, so that it stays behind until its sample is old or outnumbered. */
const TIMEOUT_US: Micros = 1_000_000_000;

export interface MeasuredAttempt {
  readonly deployment: DeploymentIndex;
  readonly intent: RequestIntent;
  readonly now: Millis;
}

/** Keeps what the outcome says about the deployment's speed. With the caller's own credentials it says nothing. */
export function recordLatency(fleet: Fleet, outcome: Outcome, { deployment, intent, now }: MeasuredAttempt): void {
  if (intent.callerCredentials) return;
  const { latencies, firstContents } = rowOf(fleet, deployment);
  const nowUs = microsBefore(now);
  if (isTimeout(outcome)) {
    samplesAdd(latencies, nowUs, TIMEOUT_US);
    if (intent.stream) samplesAdd(firstContents, nowUs, TIMEOUT_US);
  }
  if (outcome.kind !== 'success') return;
  const { usage, timing } = outcome;
  const sample = latencyUs(timing, usage, intent);
  if (sample !== undefined) samplesAdd(latencies, nowUs, sample);
  if (timing.firstContentMs !== undefined) samplesAdd(firstContents, nowUs, atLeastOne(timing.firstContentMs));
}

/** A timeout that the caller caused is not the deployment's. */
function isTimeout(outcome: Outcome): boolean {
  if (outcome.kind !== 'failure' || outcome.failure.scope !== 'deployment') return false;
  return outcome.failure.cause === 'timeout' || outcome.failure.cause === 'upstream_timeout';
}

/**
 * `maxTokens` 0 is an endpoint without text, whose tokens say nothing about its time. A stream without a token count
 * gives no sample: whole seconds beside seconds per token would make the deployment look hundreds of times slower.
 */
function latencyUs(timing: Timing, usage: TokenUsage | undefined, intent: RequestIntent): Micros | undefined {
  const tokens = intent.maxTokens === 0 ? 0 : (usage?.completionTokens ?? 0);
  if (tokens > 0) return atLeastOne(timing.totalMs / tokens);
  return timing.firstContentMs === undefined ? atLeastOne(timing.totalMs) : undefined;
}

/** 0 would read as nothing measured yet. */
function atLeastOne(ms: Millis): Micros {
  return Math.max(1, microsAfter(ms));
}
