// The loop of one request: ask the plan, do what it says, tell it what came of it. The only place that awaits an
// attempt. It decides nothing itself: order of moves, limits and health are the core's.
import type { Action, Attempt, AttemptReport, Failure, Outcome } from '../core/outcome.ts';
import { internalFailure } from '../core/own-failures.ts';
import type { PlannedRival } from '../core/plan/rival.ts';
import type { DeploymentIndex, Millis } from '../core/units.ts';
import { unsentResult, type AttemptResult } from './attempt-result.ts';
import { attendQueue } from './admission-queue.ts';
import { runAttempt } from './attempt.ts';
import { countPrompt } from './tokens/count-prompt.ts';
import { publishBreaker } from './breaker-event.ts';
import { failureOf, publishAttempt, publishFallback, requestEvent } from './attempt-events.ts';
import type { Exchange } from './exchange.ts';
import { isRaceable } from './is-raceable.ts';
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
      const result = await attemptOrRace(exchange, action.attempt);
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

/** What the request comes to by this attempt and, once it has been silent for too long, by a rival beside it. */
function attemptOrRace(exchange: Exchange, planned: Attempt): Promise<AttemptResult> {
  const made: MadeAttempt = { planned, report: exchange.input.plan };
  return planned.raceAfterMs === undefined ? attempt(exchange, made) : race(exchange, made);
}

async function race(exchange: Exchange, first: MadeAttempt): Promise<AttemptResult> {
  const { clock } = exchange.input.services;
  let second: Promise<AttemptResult> | undefined;
  exchange.onSilence = () => {
    const rival = rivalFor(exchange);
    if (rival === undefined) return;
    exchange.isRacing = true;
    exchange.raced = 'none';
    second = attempt(exchange, { planned: rival.attempt, report: rival });
  };
  const result = await attempt(exchange, first);
  exchange.onSilence = undefined;
  if (second === undefined) return result;
  const firstEndedAtMs = clock.now();
  if (isRequestsOwn(result.outcome)) {
    exchange.winner = first.planned;
    exchange.rivalCall?.lose();
  }
  const rivals = await second;
  exchange.rivalCall = undefined;
  exchange.isRacing = false;
  exchange.winner = undefined;
  exchange.upstreamMs += clock.now() - firstEndedAtMs;
  return counting(result, rivals);
}

function rivalFor(exchange: Exchange): PlannedRival | undefined {
  const { plan, services } = exchange.input;
  if (exchange.isGone || !isRaceable(exchange)) return undefined;
  return plan.race(services.clock.now(), services.clock.random);
}

/** The fault is in what was asked: nobody else is to answer that (DESIGN 5). */
function isRequestsOwn(outcome: Outcome): boolean {
  return outcome.kind === 'failure' && !outcome.committed && outcome.failure.scope !== 'deployment';
}

/** The one that the client has content of; of two without, the one that failed. */
function counting(first: AttemptResult, second: AttemptResult): AttemptResult {
  return first.outcome.kind === 'abandoned' ? second : second.outcome.kind === 'success' ? second : first;
}

/** An attempt, and who hears of its end. */
interface MadeAttempt {
  readonly planned: Attempt;
  readonly report: AttemptReport;
}

/** One attempt, with everything that follows from it: the plan is told, the event is published. */
async function attempt(exchange: Exchange, { planned, report }: MadeAttempt): Promise<AttemptResult> {
  const { clock } = exchange.input.services;
  const startedAtMs = clock.now();
  exchange.attempts += 1;
  if (!planned.isRival) {
    exchange.opened = undefined;
    exchange.failedHeaders = undefined;
    exchange.adopt(planned);
  }
  if (hasMirrors(exchange, planned)) exchange.input.services.mirror(exchange, planned.deployment);
  let result: AttemptResult;
  try {
    result = await runAttempt({ exchange, planned, report });
  } catch (error) {
    // A bug of ours. The plan must hear of it all the same: the deployment was charged for this attempt.
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    result = unsentResult(internalFailure());
  }
  const durationMs = clock.now() - startedAtMs;
  if (!planned.isRival) {
    exchange.upstreamMs += durationMs;
    exchange.call = undefined;
  }
  const change = report.record(healthSample(exchange, result.outcome), startedAtMs + durationMs, clock.random);
  if (result.outcome.kind === 'success') exchange.usage = result.outcome.usage;
  publishAttempt(exchange, planned, { result, durationMs });
  if (change !== undefined) publishBreaker(exchange, planned, change);
  if (planned.fallbacks > 0) publishFallback(exchange, planned, result.outcome);
  if (result.outcome.kind !== 'abandoned') exchange.failure = failureOf(result.outcome);
  return result;
}

function hasMirrors({ input }: Exchange, { deployment }: Attempt): boolean {
  const configured = input.runtime.config.deployments[deployment];
  return configured !== undefined && configured.mirrors.length > 0;
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
