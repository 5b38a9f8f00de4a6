// One attempt as the executor is told to make it: where to, under which name, timers and overrides.
import type { Attempt } from '../outcome.ts';
import { deploymentAt } from '../routing-table.ts';
import { upstreamModelFor } from '../select/resolve.ts';
import { resolveTimeouts } from '../timeouts.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { Hop } from './hop.ts';
import type { PlanState } from './plan-state.ts';
import { raceAfterMs } from './race.ts';
import { resumeBy } from './recovery.ts';

/** Counts the attempt; its deployment has been charged. */
export function planAttempt(
  state: PlanState,
  hop: Hop,
  at: { readonly deployment: DeploymentIndex; readonly isRival: boolean; readonly now: Millis },
): Attempt {
  const { table, intent, recovery } = state;
  const deployment = deploymentAt(table, at.deployment);
  const { timeouts, shownMs } = resolveTimeouts(
    { intent, deployment, settings: table.settings },
    state.deadlineMs,
    at.now,
  );
  state.attempts += 1;
  if (!at.isRival) state.shownTimeoutMs = shownMs;
  hop.attempts += 1;
  hop.lastDeployment = at.deployment;
  return {
    deployment: at.deployment,
    upstreamModel: upstreamModelFor(deployment, hop.resolution),
    group: hop.resolution.requested,
    timeouts,
    raceAfterMs: at.isRival ? undefined : raceAfterMs(state, deployment, timeouts),
    isRival: at.isRival,
    overrides: hop.overrides,
    retries: hop.retries,
    resume: recovery === undefined ? undefined : resumeBy(recovery, table, at.deployment),
    fallbacks: hop.depth === 0 ? 0 : state.hops().count,
  };
}
