// One client request on its way through the simulation. Reused when the request has ended: a run holds as many of these
// as requests overlap.
import type { Attempt } from '../src/core/outcome.ts';
import type { Plan } from '../src/core/plan.ts';
import type { Millis } from '../src/core/units.ts';
import type { SimRequest } from './workload.ts';

/** How the attempt under way ends, if the client stays. */
export type AttemptEnd =
  | 'success'
  | 'failed'
  | 'throttled'
  | 'refused'
  | 'cut'
  | 'timeout'
  /** Silence in the middle of a stream. */
  | 'stalled';

export class Flight {
  readonly slot: number;
  /** Counts what was scheduled: an event with another token is void. */
  step = 0;
  /** Of the request, from 1; 0 = none. */
  number = 0;
  request: SimRequest | undefined;
  plan: Plan | undefined;
  arrivedAtMs: Millis = 0;
  attempt: Attempt | undefined;
  attemptAtMs: Millis = 0;
  end: AttemptEnd = 'success';
  /** When the stream gave its first content, relative to the attempt; `undefined` = not yet. */
  firstContentMs: Millis | undefined;
  endsAtMs: Millis = 0;
  status = 0;
  retryAfterMs: Millis | undefined;
  decisions = 0;
  /** Beginning of the latest wait. */
  waitsFromMs: Millis = 0;

  constructor(slot: number) {
    this.slot = slot;
  }

  start(request: SimRequest, plan: Plan, at: { readonly number: number; readonly now: Millis }): void {
    this.number = at.number;
    this.request = request;
    this.plan = plan;
    this.arrivedAtMs = at.now;
    this.attempt = undefined;
    this.firstContentMs = undefined;
    this.decisions = 0;
  }

  /** Lets go of everything, and makes events that are still under way void. */
  clear(): void {
    this.step += 1;
    this.number = 0;
    this.request = undefined;
    this.plan = undefined;
    this.attempt = undefined;
  }
}
