// Where a request goes when a hop has failed: looks up the targets, walks them and opens the next hop. Made only when
// something failed, so that a request that succeeds at once never pays for it.
import { fallbackTargets } from '../fallback.ts';
import type { Failure, FailureCause } from '../outcome.ts';
import { noHealthyDeploymentsFailure } from '../own-failures.ts';
import type { FallbackTarget, RoutingPolicy, RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';
import { nearestNames } from '../select/nearest-names.ts';
import { orderOf } from '../select/prefer.ts';
import { FallbackWalk, staysInGroup, type WalkStep } from './fallback-walk.ts';
import { hopPolicy, resolveFor } from './hop-policy.ts';
import { createHop, laterOrders, type Hop } from './hop.ts';
import type { PlanContext } from './plan-context.ts';

const NEAREST_NAMES = 3;

/** A hop that failed, as far as its successor depends on it; without `hop` the name stood for nothing. */
export interface FailedHop {
  readonly hop: Hop | undefined;
  readonly model: string;
  readonly depth: number;
  readonly cause: FailureCause;
  /** Weighted failover: members of its group that are still worth asking. */
  readonly spare: readonly DeploymentIndex[];
}

export class HopSource {
  readonly #context: PlanContext;
  readonly #walk: FallbackWalk;
  /** Names of the request's own hop: its list serves hops that have none of their own. */
  readonly #rootNames: readonly string[];
  /** Models asked so far, in order. */
  readonly asked: string[] = [];

  constructor(context: PlanContext, root: Hop | undefined) {
    const { model } = context.intent;
    this.#context = context;
    this.#walk = new FallbackWalk(model);
    this.#rootNames = root === undefined ? [model] : [model, root.resolution.group];
  }

  /** `x-litellm-attempted-fallbacks`. */
  get count(): number {
    return this.#walk.count;
  }

  /** Names of the targets that a failure of the request's own hop has. */
  available(cause: FailureCause): readonly string[] {
    return this.#targets(this.#rootNames, cause).map((target) => target.model);
  }

  /** Whether a failure of this cause would lead anywhere from `hop`. */
  hasNext(hop: Hop, cause: FailureCause): boolean {
    const targets = hop.depth < this.#maxDepth() ? this.#targets(namesOf(hop), cause) : [];
    return this.#walk.hasNext(targets);
  }

  /** The hop after a failed one; targets that stand for nothing are told to `onUnknown` and passed over. */
  next(failed: FailedHop, onUnknown: (failure: Failure) => void): Hop | undefined {
    const { intent, table } = this.#context;
    if (intent.disableFallbacks || intent.pinned !== undefined) return undefined;
    let current = failed;
    for (;;) {
      const step = this.take(current);
      if (step === undefined) return undefined;
      const { model } = step.target;
      const hop = this.#open(step, this.#walk.depth);
      if (hop !== undefined) return hop;
      onUnknown(noHealthyDeploymentsFailure(model, nearestNames(table, model, NEAREST_NAMES)));
      current = { hop: undefined, model, depth: this.#walk.depth, cause: 'bad_request', spare: [] };
    }
  }

  /** The hop that `next` would begin with, while nothing has failed yet; `undefined` also where its name stands for nothing. */
  peek(hop: Hop, model: string): Hop | undefined {
    const silent = { hop, model, depth: hop.depth, cause: 'timeout', spare: [] } as const;
    const found = this.#walk.peek(hop.depth < this.#maxDepth() ? this.#steps(silent) : []);
    return found && this.#open(found.step, found.depth);
  }

  /** Takes the next step of the walk without opening it. */
  take(failed: FailedHop): WalkStep | undefined {
    if (failed.depth < this.#maxDepth()) this.#walk.descend(this.#steps(failed));
    const step = this.#walk.advance();
    if (step !== undefined) this.asked.push(step.target.model);
    return step;
  }

  #open(step: WalkStep, depth: number): Hop | undefined {
    const { table, intent } = this.#context;
    const resolution = resolveFor(this.#context, step.target.model);
    if (resolution.kind === 'unknown') return undefined;
    const policy = hopPolicy(table, intent, resolution);
    return createHop({
      resolution,
      policy,
      overrides: step.target.overrides,
      depth,
      isOrderStep: staysInGroup(step),
      members: membersOf(step, resolution.candidates, { table, policy }),
      maxRetries: intent.numRetries ?? table.settings.numRetries,
    });
  }

  /**
   * Further `order` levels of the group come first, in the same list as its fallbacks (1.106, 3.8). Under weighted
   * failover the rest of the group takes their place: it holds the deployments of the later levels.
   */
  #steps({ hop, model, cause, spare }: FailedHop): readonly WalkStep[] {
    const isSpecial = cause === 'context_window' || cause === 'content_policy';
    const again: FallbackTarget = { model: hop?.resolution.requested ?? model, overrides: hop?.overrides };
    const rest: WalkStep[] =
      spare.length > 0 && !isSpecial ? [{ target: again, order: undefined, members: spare }] : [];
    if (hop?.isOrderStep === true && !isSpecial) return rest;
    const names = hop === undefined ? [model] : namesOf(hop);
    const steps: WalkStep[] = this.#targets(names, cause).map((target) => ({ target, order: undefined }));
    if (hop === undefined || isSpecial) return steps;
    if (rest.length > 0) return [...rest, ...steps];
    const orders = laterOrders(this.#context.table, hop).map((order): WalkStep => ({ target: again, order }));
    return [...orders, ...steps];
  }

  #targets(names: readonly string[], cause: FailureCause): readonly FallbackTarget[] {
    const { intent, table } = this.#context;
    if (intent.pinned !== undefined) return [];
    return fallbackTargets({ rules: table.settings.fallbacks, intent, cause, names: [...names, ...this.#rootNames] });
  }

  #maxDepth(): number {
    const { intent, table } = this.#context;
    return intent.maxFallbacks ?? table.settings.maxFallbacks;
  }
}

function membersOf(
  { order, members }: WalkStep,
  candidates: readonly DeploymentIndex[],
  { table, policy }: { readonly table: RoutingTable; readonly policy: RoutingPolicy },
): readonly DeploymentIndex[] {
  if (order === undefined) return members ?? candidates;
  return candidates.filter((index) => orderOf(table, policy, index) === order);
}

function namesOf({ resolution }: Hop): readonly string[] {
  return resolution.group === resolution.requested ? [resolution.requested] : [resolution.requested, resolution.group];
}
