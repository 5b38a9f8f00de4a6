// The retry budget of a model group (DESIGN 5): retries may be a fifth of its requests, so that a group that fails is not
// buried under repetitions of what has failed. It never stands in the way of a fallback, nor of the first move to a
// deployment that is not known to be bad: those are free (plan/pay-retry.ts).
//
// The numbers (routing-science.md 3.2 has Finagle's and Envoy's): 0.2 a request is the budget itself. The rest is the
// reserve for groups that see few requests, where a fifth of nothing would forbid what the operator configured: 20 at the
// start are six requests with three retries each, all failing, before the first one is cut short; 1 a second is one
// retry a second for a group that fails for hours, whatever its traffic; 50 at most, because saved-up calm must not
// become a burst of hundreds when the group goes down.
import { add, load, store } from '../fleet/cells.ts';
import { BUDGET, type Budget } from '../fleet/budget.ts';
import { microsBefore } from '../fleet/micros.ts';
import type { Millis } from '../units.ts';

/** Thousandths, because shared memory counts in integers. */
const RETRY = 1_000;
const PER_REQUEST = 0.2 * RETRY;
const PER_SECOND = 1 * RETRY;
const START = 20 * RETRY;
const MOST = 50 * RETRY;

const US_PER_MILLI_RETRY = (1_000_000 * 1) / PER_SECOND;

/** A request of the group begins. An excess over the most is cut when somebody draws. */
export function depositRequest({ cells, at }: Budget): void {
  add(cells, at + BUDGET.milliRetries, PER_REQUEST);
}

/** Takes one retry, or counts a refusal and says false. */
export function drawRetry(budget: Budget, now: Millis): boolean {
  const { cells, at } = budget;
  const balance = broughtUpToDate(budget, now);
  if (balance < RETRY) {
    add(cells, at + BUDGET.refused, 1);
    return false;
  }
  // The cell is relative to the start, so that a fresh buffer of zeros is a full reserve.
  store(cells, at + BUDGET.milliRetries, balance - RETRY - START);
  return true;
}

/** Retries that the group may still make. */
export function retriesLeft(budget: Budget, now: Millis): number {
  return Math.floor(broughtUpToDate(budget, now) / RETRY);
}

/** How often the budget has refused a retry, since the start. */
export function refusedRetries({ cells, at }: Budget): number {
  return load(cells, at + BUDGET.refused);
}

/** The balance with what time has added, in thousandths. A clock that stepped back adds nothing. */
function broughtUpToDate({ cells, at }: Budget, now: Millis): number {
  const nowUs = microsBefore(now);
  const updatedAtUs = load(cells, at + BUDGET.updatedAtUs);
  // 0: nobody has drawn yet, and the time before that earns nothing.
  const gained = updatedAtUs === 0 ? 0 : Math.max(0, Math.floor((nowUs - updatedAtUs) / US_PER_MILLI_RETRY));
  const balance = Math.min(MOST, START + load(cells, at + BUDGET.milliRetries) + gained);
  store(cells, at + BUDGET.milliRetries, balance - START);
  store(cells, at + BUDGET.updatedAtUs, updatedAtUs === 0 ? nowUs : updatedAtUs + gained * US_PER_MILLI_RETRY);
  return balance;
}
