// What the differences of one case amount to once the two tables are read: equal, explained, different, or a row that
// has gone stale. A row covers the requests that it names and no others, so it cannot hide a new fault beside the old one.
import type { Difference } from './compare.ts';
import type { DifferenceRow } from './differences.ts';
import type { MissingFeatureRow } from './not-built-yet.ts';

export interface Tables {
  readonly differences: readonly DifferenceRow[];
  readonly notBuiltYet: readonly MissingFeatureRow[];
}

export type Verdict =
  | { readonly kind: 'equal' }
  | { readonly kind: 'explained'; readonly reason: string }
  /** What no row explains. */
  | { readonly kind: 'different'; readonly differences: readonly Difference[] }
  | { readonly kind: 'stale'; readonly reason: string };

interface Row {
  readonly reason: string;
  readonly requests: readonly number[];
  readonly mayBeEqual: boolean;
}

/** The verdict on case `id`. Several rows may share a case; each must be needed. */
export function verdictOn(id: string, found: readonly Difference[], tables: Tables): Verdict {
  const rows = rowsFor(id, tables);
  const outside = found.filter((difference) => !rows.some((row) => covers(row, difference)));
  if (outside.length > 0) return { kind: 'different', differences: outside };
  const idle = rows.find((row) => !row.mayBeEqual && !found.some((difference) => covers(row, difference)));
  if (idle !== undefined) return { kind: 'stale', reason: idle.reason };
  if (found.length === 0) return { kind: 'equal' };
  return { kind: 'explained', reason: rows.map(({ reason }) => reason).join('; ') };
}

function rowsFor(id: string, { differences, notBuiltYet }: Tables): Row[] {
  const onPurpose = differences.filter((row) => row.id === id);
  const missing = notBuiltYet.filter((row) => row.id === id);
  return [
    ...onPurpose.map((row) => ({ ...row, mayBeEqual: row.dependsOnTiming === true })),
    ...missing.map((row) => ({ ...row, reason: `not built yet: ${row.feature}`, mayBeEqual: false })),
  ];
}

function covers({ requests }: Row, { at }: Difference): boolean {
  const request = /^request (\d+)/.exec(at)?.[1];
  return requests.length === 0 || (request !== undefined && requests.includes(Number(request)));
}
