// How a hop chooses among its deployments: the router's policy, that of the routing group, or what the request says.
// Settled once a hop; a request that says nothing gets the configured policy itself.
import type { RequestIntent, RequestRouting } from '../request-intent.ts';
import type { RoutingPolicy, RoutingTable } from '../routing-table.ts';
import { resolve, type Resolution, type ResolvedModel } from '../select/resolve.ts';
import type { PlanContext } from './plan-context.ts';

/** What a model name stands for in this request: its own aliases come before the config's. */
export function resolveFor({ table, intent, guessProvider }: PlanContext, model: string): Resolution {
  const target = intent.routing?.aliases?.get(model);
  if (target === undefined) return resolve(table, model, guessProvider);
  const resolution = resolve(table, target, guessProvider);
  if (resolution.kind === 'unknown') return resolve(table, model, guessProvider);
  return { ...resolution, kind: 'alias', requested: model };
}

export function hopPolicy(table: RoutingTable, intent: RequestIntent, resolution: ResolvedModel): RoutingPolicy {
  const configured = resolution.policy ?? table.settings;
  const { routing } = intent;
  if (routing === undefined) return configured;
  return {
    strategy: routing.strategy ?? configured.strategy,
    strategyArgs: { ...configured.strategyArgs, ...routing.strategyArgs },
    priorities: configured.priorities,
    weights: routing.weights === undefined ? undefined : weightsById(table, routing.weights, resolution),
  };
}

/**
 * The weights of the model that was asked for, else those of each deployment's own group. `undefined` = the request
 * says nothing about these deployments.
 */
function weightsById(
  table: RoutingTable,
  weights: NonNullable<RequestRouting['weights']>,
  { requested, group, candidates }: ResolvedModel,
): ReadonlyMap<string, number> | undefined {
  const asked = weights.get(requested) ?? weights.get(group);
  if (asked !== undefined) return asked;
  const found = new Map<string, number>();
  for (const index of candidates) {
    const deployment = table.deployments[index];
    const id = String(deployment?.id);
    const weight = weights.get(String(deployment?.group))?.get(id);
    if (weight !== undefined) found.set(id, weight);
  }
  return found.size === 0 ? undefined : found;
}
