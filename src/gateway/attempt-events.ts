// What the executor tells the world: an event for each attempt, fallback and race, and one for the request.
import type { Attempt, Failure, Outcome } from '../core/outcome.ts';
import type { Millis } from '../core/units.ts';
import type { AttemptResult } from './attempt-result.ts';
import type { Exchange } from './exchange.ts';

export function publishAttempt(
  exchange: Exchange,
  planned: Attempt,
  ended: { readonly result: AttemptResult; readonly durationMs: Millis },
): void {
  const { callId, intent, services } = exchange.input;
  const { outcome, firstContentMs, remainingRequests, remainingTokens } = ended.result;
  services.publish({
    kind: 'attempt',
    callId,
    deployment: planned.deployment,
    requestedModel: intent.model,
    group: planned.group,
    outcome: outcome.kind,
    failure: failureOf(outcome),
    durationMs: ended.durationMs,
    firstContentMs,
    usage: outcome.kind === 'success' ? outcome.usage : undefined,
    remainingRequests,
    remainingTokens,
  });
}

export function failureOf(outcome: Outcome): Failure | undefined {
  return outcome.kind === 'failure' ? outcome.failure : undefined;
}

/** The last one of a request. */
export function requestEvent(exchange: Exchange, outcome: Outcome['kind']) {
  const { callId, endpoint, path, intent, services, startedAtMs } = exchange.input;
  return {
    kind: 'request',
    callId,
    endpoint,
    path,
    requestedModel: intent.model,
    group: exchange.group,
    deployment: exchange.deployment,
    status: exchange.status,
    stream: intent.stream,
    attempts: exchange.attempts,
    retries: exchange.retries,
    fallbacks: exchange.fallbacks,
    durationMs: services.clock.now() - startedAtMs,
    upstreamMs: exchange.upstreamMs,
    queuedMs: exchange.queuedMs,
    firstContentMs: exchange.firstContentMs,
    usage: exchange.usage,
    recovered: exchange.recovered,
    raced: exchange.raced,
    outcome,
    failure: exchange.failure,
    steps: exchange.input.plan.trace?.steps,
  } as const;
}

/** `exchange.failure` is still that of the attempt before. */
export function publishFallback(exchange: Exchange, planned: Attempt, outcome: Outcome): void {
  const failure = failureOf(outcome) ?? exchange.failure;
  if (failure === undefined || outcome.kind === 'abandoned') return;
  exchange.input.services.publish({
    kind: 'fallback',
    callId: exchange.input.callId,
    requestedModel: exchange.input.intent.model,
    fallbackModel: planned.group,
    succeeded: outcome.kind === 'success',
    failure,
  });
}
