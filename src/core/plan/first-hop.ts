// The first hop of a request: what the requested model stands for, or why it stands for nothing.
import type { Failure } from '../outcome.ts';
import { noHealthyDeploymentsFailure, unknownModelFailure } from '../own-failures.ts';
import { nearestNames } from '../select/nearest-names.ts';
import type { ResolvedModel } from '../select/resolve.ts';
import type { DeploymentIndex } from '../units.ts';
import { hopPolicy, resolveFor } from './hop-policy.ts';
import { createHop, type Hop } from './hop.ts';
import type { PlanContext } from './plan-context.ts';

const NEAREST_NAMES = 3;

/** A name that nothing serves. `isFinal`: refused before routing begins, so that no fallback applies (1.106, 3.1a). */
export interface NoHop {
  readonly kind: 'none';
  readonly failure: Failure;
  readonly isFinal: boolean;
}

export function firstHop(context: PlanContext): Hop | NoHop {
  const { table, intent, routeName } = context;
  const { pinned, model } = intent;
  const resolution = pinned === undefined ? resolveFor(context, model) : pinnedTo(pinned, model);
  if (resolution.kind !== 'unknown') {
    return createHop({
      resolution,
      policy: hopPolicy(table, intent, resolution),
      overrides: undefined,
      depth: 0,
      isOrderStep: false,
      members: resolution.candidates,
      maxRetries: intent.numRetries ?? table.settings.numRetries,
    });
  }
  const nearest = nearestNames(table, model, NEAREST_NAMES);
  return resolution.hasWildcards
    ? { kind: 'none', failure: noHealthyDeploymentsFailure(model, nearest), isFinal: false }
    : { kind: 'none', failure: unknownModelFailure(model, routeName, nearest), isFinal: true };
}

function pinnedTo(deployment: DeploymentIndex, model: string): ResolvedModel {
  return {
    kind: 'id',
    requested: model,
    group: model,
    candidates: [deployment],
    byId: true,
    captures: undefined,
    matched: model,
  };
}
