// Where the numbers of a group's budgets lie in the fleet's buffer. What they mean is decided in plan/retry-budget.ts and
// plan/race-budget.ts; here is only the place, because rows and budgets share one buffer.

/**
 * Float64 cells: the balance in thousandths of a retry, when it was last brought up to date, refusals so far; the balance
 * in thousandths of a race.
 */
export const BUDGET = { milliRetries: 0, updatedAtUs: 1, refused: 2, milliRaces: 3 } as const;
export const CELLS_PER_BUDGET = 4;

/** The budget of one model group. */
export interface Budget {
  readonly cells: Float64Array;
  readonly at: number;
}
