// What a plan is made from. Its own file because the plan and its parts all read it.
import type { AffinityMemory } from '../affinity/affinity-memory.ts';
import type { Prices } from '../budget/settle-budgets.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RoutingTable } from '../routing-table.ts';
import type { AdmissionQueue } from '../queue/admission-queue.ts';
import type { GuessProvider } from '../select/resolve.ts';
import type { Millis, Rng } from '../units.ts';

export interface PlanContext {
  readonly table: RoutingTable;
  readonly fleet: Fleet;
  readonly intent: RequestIntent;
  /** `/chat/completions` etc., for the error text of an unknown model. */
  readonly routeName: string;
  readonly startedAtMs: Millis;
  /** Where requests wait for a unit of a limit; without one each waits by itself, and asks again when it may be free. */
  readonly queue?: AdmissionQueue | undefined;
  /** Who served whom; `undefined` = no request sticks to a deployment. */
  readonly affinity?: AffinityMemory | undefined;
  /** For bare names behind a wildcard. */
  readonly guessProvider?: GuessProvider | undefined;
  /** For models behind a wildcard, where there are budgets; `undefined` = no price is known. */
  readonly priceOf?: ((provider: string, model: string) => Prices | undefined) | undefined;
  /** `expose_router_debug_in_errors`: notes of the router behind the final error's text; on unless false. */
  readonly exposeRouterDebug?: boolean | undefined;
  /** Keep the reasons of every decision; `undefined` = of none. */
  readonly explain?: boolean | undefined;
  /** Asked when something has gone wrong for the first time: whether to keep the reasons from then on. */
  readonly explainTrouble?: ((now: Millis) => boolean) | undefined;
}

/** Time and chance of one call. */
export interface Moment {
  readonly now: Millis;
  readonly rng: Rng;
}
