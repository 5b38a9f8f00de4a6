// One round of background checks: whom it asks, and which of its answers count for routing
// (`enable_health_check_routing`). The checks themselves are those of `/health`.
import type { GatewayConfig } from '../../config/types.ts';
import { recordCheck } from '../../core/fleet/checks.ts';
import type { DeploymentIndex, Millis } from '../../core/units.ts';
import { insideGuard } from '../../gateway/fleet-guard.ts';
import type { Runtime } from '../../gateway/runtime.ts';
import type { CheckedDeployment } from './health-report.ts';

/** All but those that opted out, of the groups that are checked. */
export function backgroundIndexes({ table, deployments, general }: GatewayConfig): DeploymentIndex[] {
  const { healthCheckGroups } = general;
  return table.deployments
    .filter(({ group }) => healthCheckGroups === undefined || healthCheckGroups.includes(group))
    .filter(({ index }) => deployments[index]?.spec.modelInfo['disable_background_health_check'] !== true)
    .map(({ index }) => index);
}

export interface CheckRound {
  readonly indexes: readonly DeploymentIndex[];
  /** In the order of `indexes`. */
  readonly checked: readonly CheckedDeployment[];
  readonly now: Millis;
}

/** Writes the results to the fleet. Who could not be asked is as unknown as before. */
export function recordChecks({ config, fleet, guard }: Runtime, { indexes, checked, now }: CheckRound): void {
  for (const [nth, index] of indexes.entries()) {
    const result = checked[nth];
    if (result === undefined || !result.wasAsked) continue;
    const isTransient = result.status === 408 || result.status === 429;
    if (!result.isHealthy && isTransient && config.general.ignoreTransientCheckErrors) continue;
    insideGuard(guard, now, (at) => recordCheck(fleet, index, { isHealthy: result.isHealthy, now: at }));
  }
}
