// How long the streams of a deployment usually take to their first content: what tells a slow answer from one that will
// not come. Kept for every deployment, whatever the strategy, as a count and a mean: two numbers, not a sample list.
import { load, store } from './fleet/cells.ts';
import { microsAfter, toMillis } from './fleet/micros.ts';
import { CELL, type Row } from './fleet/row.ts';
import type { Millis } from './units.ts';

/** From so many streams on the mean is believed; it then moves by a twentieth of each new one. */
export const ENOUGH_SAMPLES = 20;

/** Before that (DESIGN 5). */
const PRIOR_MS: Millis = 2_000;
/** The same for models that think first. */
const REASONING_PRIOR_MS: Millis = 30_000;

/** A stream gave its first content `ms` after its dispatch. */
export function learnFirstContent({ cells, cellAt }: Row, ms: Millis): void {
  const count = Math.min(load(cells, cellAt + CELL.firstContents) + 1, ENOUGH_SAMPLES);
  const mean = load(cells, cellAt + CELL.firstContentUs);
  store(cells, cellAt + CELL.firstContents, count);
  store(cells, cellAt + CELL.firstContentUs, Math.round(mean + (microsAfter(ms) - mean) / count));
}

/** When the next stream of this deployment should have given content, after its dispatch. */
export function expectedFirstContentMs({ cells, cellAt }: Row, isReasoning: boolean): Millis {
  if (load(cells, cellAt + CELL.firstContents) < ENOUGH_SAMPLES) return isReasoning ? REASONING_PRIOR_MS : PRIOR_MS;
  return toMillis(load(cells, cellAt + CELL.firstContentUs));
}
