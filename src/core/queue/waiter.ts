// A request in the queue, and who of two comes first: the smaller `priority`; among equals the older one, or, once the
// queue stands, the newer one. A queue that does not empty serves nobody in time if it serves in order of arrival:
// everybody waits as long as the oldest. Newest first answers some at once and tells the rest at once.
import type { Reservation } from '../limiter/reserve.ts';
import type { Picked, SelectContext } from '../select/select-context.ts';
import type { Millis } from '../units.ts';
import type { Micros } from '../fleet/micros.ts';

/** What a request brings to the queue. */
export interface WaitRequest {
  readonly context: SelectContext;
  /** Lower first. */
  readonly priority: number;
  /** No place later than this is of any use. */
  readonly latestMs: Millis;
  /** The number that an earlier wait of the same request had; `undefined` = its first. */
  readonly arrival: number | undefined;
}

export interface Waiter extends WaitRequest {
  /** Number in order of arrival. */
  readonly arrival: number;
  /** `picked`: charged and in flight, to be begun or given back. `told`: it will not be served in time. */
  state: 'waiting' | 'picked' | 'told';
  reservation: Reservation | undefined;
  /** When something may change for it by itself. */
  dueUs: Micros;
  picked: Picked | undefined;
  /** Called once when `state` is decided; set by whoever waits. */
  wake: (() => void) | undefined;
}

export type Discipline = 'oldest-first' | 'newest-first';

/** Negative: `a` comes first. */
export function compareRank(a: Waiter, b: Waiter, discipline: Discipline): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  return discipline === 'oldest-first' ? a.arrival - b.arrival : b.arrival - a.arrival;
}
