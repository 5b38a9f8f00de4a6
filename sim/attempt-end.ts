// How an attempt ends for the gateway: what the upstream would do, cut short by the timers that the plan asked for.
// Stands for the phase timers of the real upstream client, in virtual time.
import type { PhaseTimeouts } from '../src/core/outcome.ts';
import type { Millis } from '../src/core/units.ts';
import type { AttemptEnd } from './flight.ts';
import type { ReplyKind, Upstream } from './upstream.ts';

export interface EndOfAttempt {
  readonly end: AttemptEnd;
  readonly afterMs: Millis;
  /** First content of a stream; Infinity = none comes. */
  readonly contentAfterMs: Millis;
}

const ENDS: Readonly<Record<Exclude<ReplyKind, 'silent'>, AttemptEnd>> = {
  answered: 'success',
  failed: 'failed',
  throttled: 'throttled',
  refused: 'refused',
  cut: 'cut',
};

export function endOfAttempt(upstream: Upstream, timeouts: PhaseTimeouts, stream: boolean): EndOfAttempt {
  const { reply, endAfterMs, contentAfterMs, perTokenMs } = upstream;
  const limitMs = (stream ? timeouts.firstContentMs : timeouts.totalMs) ?? Infinity;
  const untilMs = stream ? Math.min(contentAfterMs, endAfterMs) : endAfterMs;
  if (reply === 'silent' || untilMs > limitMs) return { end: 'timeout', afterMs: limitMs, contentAfterMs: Infinity };
  const hasContent = stream && (reply === 'answered' || reply === 'cut');
  const idleMs = timeouts.idleMs ?? Infinity;
  if (hasContent && perTokenMs > idleMs && endAfterMs > contentAfterMs) {
    return { end: 'stalled', afterMs: contentAfterMs + idleMs, contentAfterMs };
  }
  return { end: ENDS[reply], afterMs: endAfterMs, contentAfterMs: hasContent ? contentAfterMs : Infinity };
}
