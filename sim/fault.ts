// What can be wrong with an upstream, and when. Apart from the upstream, because a scenario is mostly a list of these.
import type { Millis } from '../src/core/units.ts';

export type Fault =
  | { readonly kind: 'slow'; readonly factor: number }
  /** Slow by `factor` at first, as fast as ever at the end of the span. */
  | { readonly kind: 'recovering'; readonly factor: number }
  /** Answers `status` instead, with a probability. */
  | { readonly kind: 'failing'; readonly probability: number; readonly status: number }
  /** 429, with the time or without one. */
  | { readonly kind: 'limited'; readonly retryAfterMs: Millis | undefined }
  /** The connection is refused. */
  | { readonly kind: 'down' }
  /** Accepts and never answers. */
  | { readonly kind: 'silent' }
  /** Breaks off in the middle of the answer, with a probability. */
  | { readonly kind: 'cutting'; readonly probability: number };

export interface FaultSpan {
  readonly fromMs: Millis;
  readonly toMs: Millis;
  readonly fault: Fault;
}

/** The first span that holds `now`. */
export function spanAt(spans: readonly FaultSpan[], now: Millis): FaultSpan | undefined {
  for (const span of spans) if (now >= span.fromMs && now < span.toMs) return span;
  return undefined;
}

/** By how much the span makes an answer slower. */
export function slownessOf(span: FaultSpan | undefined, now: Millis): number {
  if (span === undefined) return 1;
  const { fault, fromMs, toMs } = span;
  if (fault.kind === 'slow') return fault.factor;
  if (fault.kind !== 'recovering') return 1;
  return 1 + (fault.factor - 1) * ((toMs - now) / (toMs - fromMs));
}
