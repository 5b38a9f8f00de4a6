// What has been spent on each budget in its present window. The money is counted in whole nano-dollars, because the
// fleet's numbers are integers that threads may share. A window begins with its first spend and ends a period later.
import { load, store } from './cells.ts';
import type { Micros } from './micros.ts';

/** Nano-dollars, an integer. */
export type NanoDollars = number;

export interface Account {
  readonly cells: Float64Array;
  readonly at: number;
}

const SPENT = 0; // 0 = no window has begun
const END_US = 1;

/** Float64 cells of one account. */
export const ACCOUNT_CELLS = 2;

/** Spent in the present window; 0 when it is over. */
export function spentOn({ cells, at }: Account, nowUs: Micros): NanoDollars {
  return nowUs < load(cells, at + END_US) ? load(cells, at + SPENT) : 0;
}

/** Adds to the present window, or begins one that ends `periodUs` from now. Nothing spent begins no window. */
export function spendOn(
  account: Account,
  spend: { readonly amount: NanoDollars; readonly periodUs: Micros; readonly nowUs: Micros },
): void {
  const { cells, at } = account;
  const { amount, periodUs, nowUs } = spend;
  if (amount <= 0) return;
  const before = spentOn(account, nowUs);
  store(cells, at + SPENT, before + amount);
  if (before === 0) store(cells, at + END_US, nowUs + periodUs);
}

/** When the present window ends; 0 when there is none. */
export function windowEndUs(account: Account, nowUs: Micros): Micros {
  return spentOn(account, nowUs) === 0 ? 0 : load(account.cells, account.at + END_US);
}

/** Takes over what another account holds. */
export function copyAccount(from: Account, to: Account): void {
  for (let offset = 0; offset < ACCOUNT_CELLS; offset++) {
    store(to.cells, to.at + offset, load(from.cells, from.at + offset));
  }
}
