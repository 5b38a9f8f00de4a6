// Was there somewhere left to go? Asked when a request has failed: a deployment of the group that it had not tried,
// with nothing wrong with it, closed and with room, means that the router gave up too early.
import { standingOf } from '../src/core/breaker/standing.ts';
import { rowOf, type Fleet } from '../src/core/fleet/fleet.ts';
import { microsBefore } from '../src/core/fleet/micros.ts';
import { parallelFull, rowFreeAtUs } from '../src/core/limiter/limiter.ts';
import type { Plan } from '../src/core/plan.ts';
import type { Millis } from '../src/core/units.ts';
import type { Upstream } from './upstream.ts';

export interface World {
  readonly plan: Plan;
  readonly fleet: Fleet;
  readonly upstreams: readonly Upstream[];
}

/** Looked for among the deployments of the requested model alone. */
export function hasUntriedInOrder({ plan, fleet, upstreams }: World, now: Millis): boolean {
  const nowUs = microsBefore(now);
  return plan.table.deployments.some(({ index, group, outOfRotation }) => {
    if (group !== plan.intent.model || outOfRotation !== undefined || plan.tried.includes(index)) return false;
    if (upstreams[index]?.isFaulty(now) !== false) return false;
    const row = rowOf(fleet, index);
    if (standingOf(row, nowUs) !== 'ready' || parallelFull(row, nowUs)) return false;
    return !plan.table.settings.enforceLimits || rowFreeAtUs(row, plan, nowUs) === 0;
  });
}
