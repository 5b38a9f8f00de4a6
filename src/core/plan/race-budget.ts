// The race budget of a model group (DESIGN 5): at most one stream in twenty may have a rival, because a race doubles the
// load of its request at the very time when a deployment is slow. Apart from the retry budget: a race is no answer to a
// failure, and a failing group must not use up what its slow streams would need, nor the other way round.
import { BUDGET, type Budget } from '../fleet/budget.ts';
import { add, load, store } from '../fleet/cells.ts';

/** Thousandths, because shared memory counts in integers. */
const RACE = 1_000;
const PER_STREAM = 0.05 * RACE;
/** Lets the first ones race: a group that has just begun has earned nothing yet. */
const START = 3 * RACE;
/** Saved-up calm must not become a burst of races when a whole group slows down. */
const MOST = 20 * RACE;

/** A stream of the group begins. An excess over the most is cut when somebody draws. */
export function depositStream({ cells, at }: Budget): void {
  add(cells, at + BUDGET.milliRaces, PER_STREAM);
}

/** Whether the group may have one more race. */
export function mayDrawRace(budget: Budget): boolean {
  return balanceOf(budget) >= RACE;
}

/** Takes one race; only after `mayDrawRace`. */
export function drawRace(budget: Budget): void {
  // The cell is relative to the start, so that a fresh buffer of zeros is a full reserve.
  store(budget.cells, budget.at + BUDGET.milliRaces, balanceOf(budget) - RACE - START);
}

function balanceOf({ cells, at }: Budget): number {
  return Math.min(MOST, START + load(cells, at + BUDGET.milliRaces));
}
