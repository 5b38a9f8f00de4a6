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

/** The verdict on case `id`. */
export function verdictOn(id: string, found: readonly Difference[], tables: Tables): Verdict {
  const onPurpose = tables.differences.find((row) => row.id === id);
  const missing = tables.notBuiltYet.find((row) => row.id === id);
  const row = onPurpose ?? missing;
  if (row === undefined) return found.length === 0 ? { kind: 'equal' } : { kind: 'different', differences: found };
  const reason = onPurpose?.reason ?? `not built yet: ${missing?.feature}`;
  const outside = found.filter((difference) => !covers(row.requests, difference));
  if (outside.length > 0) return { kind: 'different', differences: outside };
  if (found.length > 0) return { kind: 'explained', reason };
  return onPurpose?.dependsOnTiming === true ? { kind: 'equal' } : { kind: 'stale', reason };
}

/** `requests` undefined = the whole case. */
function covers(requests: readonly number[] | undefined, { at }: Difference): boolean {
  if (requests === undefined) return true;
  const request = /^request (\d+)/.exec(at)?.[1];
  return request !== undefined && requests.includes(Number(request));
}
