// The loop of one request: ask the plan, do what it says, tell it what came of it. The only place that awaits an
// attempt. It decides nothing itself: order of moves, limits and health are the core's.
import type { Action, Attempt, Failure, Outcome } from '../core/outcome.ts';
import { internalFailure } from '../core/own-failures.ts';
import type { DeploymentIndex, Millis } from '../core/units.ts';
import { unsentResult, type AttemptResult } from './attempt-result.ts';
import { attendQueue } from './admission-queue.ts';
import { runAttempt } from './attempt.ts';
import { countPrompt } from './tokens/count-prompt.ts';
import { publishBreaker } from './breaker-event.ts';
import type { Exchange } from './exchange.ts';
import { keepAlive, stopKeepAlive } from './keep-alive.ts';
import { endStreamWithFailure, replyWithAnswer, replyWithFailure } from './reply.ts';

/** Serves one request to its end; never rejects for anything that an upstream or a client does. */
export async function execute(exchange: Exchange): Promise<void> {
  const { plan, services } = exchange.input;
  const { clock, publish } = services;
  let outcome: Outcome['kind'] = 'failure';
  if (exchange.input.intent.stream) keepAlive(exchange);
  try {
    for (;;) {
      // Before `next`: an attempt that it plans is charged at once.
      if (exchange.isGone) {
        outcome = 'abandoned';
        break;
      }
      const action: Action = plan.next(clock.now(), clock.random);
      if (action.kind === 'fail') {
        fail(exchange, action.failure);
        break;
      }
      if (action.kind === 'wait') {
        await wait(exchange, action);
        continue;
      }
      if (action.kind === 'count') {
        const tokens = await count(exchange, action.deployment);
        plan.counted(tokens, clock.now());
        continue;
      }
      const result = await attempt(exchange, action.attempt);
      outcome = result.outcome.kind;
      if (result.answer !== undefined) replyWithAnswer(exchange, action.attempt, result.answer);
      if (result.outcome.kind !== 'failure') break;
    }
  } catch (error) {
    outcome = 'failure';
    exchange.status = 500;
    throw error;
  } finally {
    stopKeepAlive(exchange);
    // Whatever happened, it holds no place any more, and the request is in the log.
    plan.abandon(clock.now());
    publish(requestEvent(exchange, outcome));
  }
}

/** With a status, or in-band where the headers are out. */
function fail(exchange: Exchange, failure: Failure): void {
  exchange.failure = failure;
  if (exchange.headFor === undefined) replyWithFailure(exchange, failure);
  else endStreamWithFailure(exchange, failure);
}

function count({ input }: Exchange, deployment: DeploymentIndex): Promise<number | undefined> {
  return countPrompt(input.services.tokens, input.body, { config: input.runtime.config, deployment });
}

/** One attempt, with everything that follows from it: the plan is told, the event is published. */
async function attempt(exchange: Exchange, planned: Attempt): Promise<AttemptResult> {
  const { plan, services } = exchange.input;
  const { clock } = services;
  const startedAtMs = clock.now();
  exchange.attempts += 1;
  exchange.opened = undefined;
  exchange.failedHeaders = undefined;
  exchange.planned = planned;
  exchange.deployment = planned.deployment;
  exchange.group = planned.group;
  exchange.retries = planned.retries;
  exchange.fallbacks = planned.fallbacks;
  if (hasMirrors(exchange, planned)) services.mirror(exchange, planned.deployment);
  let result: AttemptResult;
  try {
    result = await runAttempt(exchange, planned);
  } catch (error) {
    // A bug of ours. The plan must hear of it all the same: the deployment was charged for this attempt.
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    result = unsentResult(internalFailure());
  }
  const endedAtMs = clock.now();
  exchange.upstreamMs += endedAtMs - startedAtMs;
  exchange.call = undefined;
  const change = plan.record(healthSample(exchange, result.outcome), endedAtMs, clock.random);
  if (result.outcome.kind === 'success') exchange.usage = result.outcome.usage;
  publishAttempt(exchange, planned, { result, durationMs: endedAtMs - startedAtMs });
  if (change !== undefined) publishBreaker(exchange, planned, change);
  if (planned.fallbacks > 0) publishFallback(exchange, planned, result.outcome);
  exchange.failure = failureOf(result.outcome);
  return result;
}

function hasMirrors({ input }: Exchange, { deployment }: Attempt): boolean {
  const configured = input.runtime.config.deployments[deployment];
  return configured !== undefined && configured.mirrors.length > 0;
}

/** `exchange.failure` is still that of the attempt before. */
function publishFallback(exchange: Exchange, planned: Attempt, outcome: Outcome): void {
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

/** What a caller's own key achieves says nothing about the deployment's (DESIGN 5). */
function healthSample(exchange: Exchange, outcome: Outcome): Outcome {
  const isCallers = exchange.input.intent.callerCredentials && outcome.kind === 'success';
  return isCallers ? { kind: 'abandoned' } : outcome;
}

/** A request with a place in the queue is woken by it; `untilMs` is then only the end of its patience. */
async function wait(exchange: Exchange, action: Extract<Action, { kind: 'wait' }>): Promise<void> {
  const { plan, runtime, services } = exchange.input;
  const { clock, waits } = services;
  const waitsFromMs = clock.now();
  const counted = action.reason === 'capacity' ? 1 : 0;
  if (plan.waiter !== undefined) {
    plan.waiter.wake = () => exchange.wake?.();
    attendQueue(runtime, clock);
  }
  waits.queued += counted;
  await waitUntil(exchange, action.untilMs);
  waits.queued -= counted;
  exchange.queuedMs += clock.now() - waitsFromMs;
}

/** Sleeps on the injected clock; a client that leaves ends the wait at once. */
function waitUntil(exchange: Exchange, untilMs: Millis): Promise<void> {
  const { clock } = exchange.input.services;
  return new Promise((resolve) => {
    const timer = clock.after(Math.max(0, untilMs - clock.now()), done, undefined);
    exchange.wake = () => {
      clock.cancel(timer);
      done();
    };
    function done(): void {
      exchange.wake = undefined;
      resolve();
    }
  });
}

function publishAttempt(
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

function failureOf(outcome: Outcome): Failure | undefined {
  return outcome.kind === 'failure' ? outcome.failure : undefined;
}

function requestEvent(exchange: Exchange, outcome: Outcome['kind']) {
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
    outcome,
    failure: exchange.failure,
    steps: exchange.input.plan.trace?.steps,
  } as const;
}
