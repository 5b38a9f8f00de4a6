// The error that a client finally gets: the original one, with what the router did about it behind the text (the words
// are LiteLLM's where clients look for them: `Received Model Group=`) and with the time after which trying again makes
// sense.
import { availableAtMs } from '../breaker/standing.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Failure } from '../outcome.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

const LONGEST_DETAIL = 2_000;

export interface RouterNotes {
  /** The model that the client asked for. */
  readonly group: string;
  /** Fallback models that were configured for this failure. */
  readonly available: readonly string[];
  /** Those that were asked, in order, and the last failure of all. */
  readonly asked: readonly string[];
  readonly last: Failure | undefined;
  /** The request got as far as an attempt; refusals before that speak for themselves. */
  readonly wasAttempted: boolean;
  readonly isExposed: boolean;
}

/** Deployments that the request tried, and when. */
export interface FinalMoment {
  readonly fleet: Fleet;
  readonly tried: readonly DeploymentIndex[];
  readonly now: Millis;
}

export function finalFailure(failure: Failure, notes: RouterNotes, moment: FinalMoment): Failure {
  const isNoted = notes.isExposed && (notes.wasAttempted || notes.asked.length > 0);
  const message = isNoted ? failure.message + textOf(notes) : failure.message;
  return { ...failure, message, retryAfterMs: remainingMs(failure, moment) };
}

function textOf({ group, available, asked, last }: RouterNotes): string {
  const list = available.length === 0 ? 'None' : `[${available.map((name) => `'${name}'`).join(', ')}]`;
  const text = `\nReceived Model Group=${group}\nAvailable Model Group Fallbacks=${list}`;
  if (asked.length === 0 || last === undefined) return text;
  return `${text}\nFallback to ${asked.join(', ')} also failed: ${last.message.slice(0, LONGEST_DETAIL)}`;
}

/** Only a time that the provider named is passed on, and of several deployments the soonest one. */
function remainingMs(failure: Failure, { fleet, tried, now }: FinalMoment): Millis | undefined {
  const { status, retryAfterMs } = failure;
  if (retryAfterMs === undefined || retryAfterMs <= 0 || (status !== 429 && status !== 503)) return undefined;
  let soonestMs = retryAfterMs;
  for (const index of tried) {
    const leftMs = availableAtMs(fleet, index, now) - now;
    if (leftMs > 0) soonestMs = Math.min(soonestMs, leftMs);
  }
  return soonestMs;
}
