// `enable_weighted_failover`: when the retries of a group have failed, the rest of the group is asked before any other
// group, as a fallback of its own (litellm-1.106.md part 2). Whom it may ask is decided here; hop-source.ts makes the hop.
import { standingOf } from '../breaker/standing.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import { inRotation } from './hop.ts';
import type { PlanState } from './plan-state.ts';

const NOBODY: readonly DeploymentIndex[] = [];

/** Members of the hop's group that were not tried and are not cooling down; only under `simple-shuffle`, as in 1.106. */
export function failoverMembers(state: PlanState, now: Millis): readonly DeploymentIndex[] {
  const { hop, table, tried, fleet } = state;
  if (!table.settings.weightedFailover || state.policy.strategy !== 'simple-shuffle') return NOBODY;
  if (hop === undefined || hop.attempts === 0 || hop.resolution.byId) return NOBODY;
  const nowUs = microsBefore(now);
  return inRotation(table, hop.resolution.candidates).filter((index) => {
    if (tried.includes(index)) return false;
    const standing = standingOf(rowOf(fleet, index), nowUs);
    return standing === 'ready' || standing === 'probe-due';
  });
}
