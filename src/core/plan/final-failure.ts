// The error that a client finally gets: the original one, with what the router did about it behind the text (the words
// are LiteLLM's where clients look for them: `Received Model Group=`) and with the time after which trying again makes
// sense.
import { availableAtMs } from '../breaker/standing.ts';
import type { Failure } from '../outcome.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { HopSource } from './hop-source.ts';
import type { PlanContext } from './plan-context.ts';

const LONGEST_DETAIL = 2_000;

/** A request that came to nothing. */
export interface FailedRequest {
  readonly context: PlanContext;
  readonly source: HopSource;
  /** Of all hops, in order. */
  readonly failures: readonly Failure[];
  readonly attempts: number;
  readonly tried: readonly DeploymentIndex[];
  /** Why it ended earlier than the config alone would have it. */
  readonly note: string | undefined;
}

/** `failure`, of the request's own hop, as the client gets it. A refusal before any attempt speaks for itself. */
export function finalFailure(failure: Failure, request: FailedRequest, now: Millis): Failure {
  const { context, source, attempts } = request;
  const isOnTheWay = attempts > 0 || source.asked.length > 0 || context.intent.mockFailure !== undefined;
  const isNoted = isOnTheWay && context.exposeRouterDebug !== false;
  const message = isNoted ? failure.message + routerNotes(failure, request) : failure.message;
  return { ...failure, message, retryAfterMs: remainingMs(failure, request, now) };
}

function routerNotes(failure: Failure, { context, source, failures, note }: FailedRequest): string {
  const { asked } = source;
  const available = source.available(failure.cause);
  const list = available.length === 0 ? 'None' : `[${available.map((name) => `'${name}'`).join(', ')}]`;
  const stopped = note === undefined ? '' : `\n${note}`;
  const text = `\nReceived Model Group=${context.intent.model}\nAvailable Model Group Fallbacks=${list}${stopped}`;
  const last = failures.at(-1);
  if (asked.length === 0 || last === undefined) return text;
  return `${text}\nFallback to ${asked.join(', ')} also failed: ${last.message.slice(0, LONGEST_DETAIL)}`;
}

/** Only a time that the provider named is passed on, and of several deployments the soonest one. */
function remainingMs(failure: Failure, { context, tried }: FailedRequest, now: Millis): Millis | undefined {
  const { status, retryAfterMs } = failure;
  if (retryAfterMs === undefined || retryAfterMs <= 0 || (status !== 429 && status !== 503)) return undefined;
  let soonestMs = retryAfterMs;
  for (const index of tried) {
    const leftMs = availableAtMs(context.fleet, index, now) - now;
    if (leftMs > 0) soonestMs = Math.min(soonestMs, leftMs);
  }
  return soonestMs;
}
