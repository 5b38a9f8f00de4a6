// What a request takes from a limit, in units of it: the same for the windows of one instance and for what several
// share.
import type { Meter } from '../fleet/meter.ts';

/** What a request may cost. */
export interface TokenDemand {
  /** Estimate of the prompt, in tokens. */
  readonly promptTokens: number;
  /** Most output tokens that the request allows; 0 where there is no output (embeddings). */
  readonly maxTokens: number | undefined;
}

export function inputTokens(request: TokenDemand): number {
  return Math.max(0, Math.ceil(request.promptTokens));
}

/** At least 1 (so that a log never holds more entries than units), at most the limit: more than that waits for an empty
 * window and then takes all of it. */
export function unitsOf(meter: Meter, amount: number): number {
  return Math.min(Math.max(1, amount), meter.limit);
}
