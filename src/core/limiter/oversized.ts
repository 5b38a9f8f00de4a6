// Is a prompt larger than a whole limit? An estimate never decides that: a request that only seems too large waits for
// an empty window and takes all of it (DESIGN 6). Only an exact count refuses, because then no window will ever do.
import type { Meter } from '../fleet/meter.ts';
import type { Row } from '../fleet/row.ts';
import type { TokenDemand } from './limiter.ts';

/** The prompt alone exceeds `tpm` or `itpm`; false as long as nobody has counted it exactly. */
export function promptExceedsLimit(row: Row, demand: TokenDemand): boolean {
  const { exactPromptTokens } = demand;
  if (exactPromptTokens === undefined) return false;
  return exceeds(row.tpm, exactPromptTokens) || exceeds(row.itpm, exactPromptTokens);
}

function exceeds(meter: Meter | undefined, tokens: number): boolean {
  return meter !== undefined && tokens > meter.limit;
}
