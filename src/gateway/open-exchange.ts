// A request that was understood becomes an exchange with a plan of its own. One place, because requests of clients,
// members of a fan-out and mirrors all begin the same way.
import type { Prices } from '../core/budget/settle-budgets.ts';
import { createPlan, type PlanContext } from '../core/plan.ts';
import { lookupModel } from '../provider/model-table.ts';
import { guessProvider } from '../provider/guess-provider.ts';
import { Exchange, type ExchangeInput, type GatewayServices, type UnderstoodRequest } from './exchange.ts';
import { GuardedPlan } from './guarded-plan.ts';
import type { Runtime } from './runtime.ts';

/** Who asked, and where the answer goes. */
export type ExchangeOrigin = Pick<
  ExchangeInput,
  'request' | 'response' | 'endpoint' | 'path' | 'callId' | 'startedAtMs'
> & {
  /** The reasons of every decision are kept, for the answer's header. */
  readonly explain: boolean;
};

/** What the exchange works with, for its whole life. */
export interface ExchangeWorld {
  readonly runtime: Runtime;
  readonly services: GatewayServices;
}

export function openExchange(world: ExchangeWorld, origin: ExchangeOrigin, understood: UnderstoodRequest): Exchange {
  const { runtime, services } = world;
  const { endpoint, path, request, response, callId, startedAtMs } = origin;
  const context: PlanContext = {
    table: runtime.config.table,
    fleet: runtime.fleet,
    queue: runtime.queue,
    affinity: runtime.affinity,
    intent: understood.intent,
    routeName: path,
    startedAtMs,
    guessProvider: runtime.config.table.wildcards.length === 0 ? undefined : guessProvider,
    priceOf,
    exposeRouterDebug: runtime.config.litellm.exposeRouterDebugInErrors,
    explain: origin.explain,
    explainTrouble: services.explainTrouble,
  };
  return new Exchange({
    ...understood,
    request,
    response,
    runtime,
    services,
    endpoint,
    path,
    callId,
    startedAtMs,
    plan: runtime.guard === undefined ? createPlan(context) : new GuardedPlan(context, runtime.guard),
  });
}

/** From the model table, as for deployments that name their model. */
function priceOf(provider: string, model: string): Prices | undefined {
  return lookupModel(model, provider);
}
