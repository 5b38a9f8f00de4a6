// After the commit point: may the stream that broke be gone on with, and by whom (DESIGN 5)? One recovery a request. By
// prefill where a deployment can do that, since it never differs; else by asking for the answer once more, which is
// worth trying only when it is likely to be the same, or cheap.
import type { Failure, Resumable } from '../outcome.ts';
import type { RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';
import type { Hop } from './hop.ts';
import type { PlanState, Recovery } from './plan-state.ts';
import { RETRY_RULES } from './retry-rule.ts';

/** `undefined`: the stream ends with its failure. */
export function recoveryAfter(
  state: PlanState,
  failure: Failure,
  resumable: Resumable | undefined,
): Recovery | undefined {
  const { settings } = state.table;
  if (resumable === undefined || settings.streamRecovery === 'off' || state.recovery !== undefined) return undefined;
  if (RETRY_RULES[failure.cause] !== 'again' || state.intent.retryUnsafe) return undefined;
  const mayReplay = resumable.isDeterministic || state.promptTokens <= settings.streamRecoveryMaxPromptTokens;
  return { failure, mayReplay, isPrefillRefused: !resumable.mayPrefill };
}

/** How `deployment` would go on; `undefined` = it may not. */
export function resumeBy(
  recovery: Recovery,
  table: RoutingTable,
  deployment: DeploymentIndex,
): 'replay' | 'prefill' | undefined {
  if (!recovery.isPrefillRefused && table.deployments[deployment]?.continuesPrefill === true) return 'prefill';
  return recovery.mayReplay ? 'replay' : undefined;
}

/** Leaves to the hop only those who can go on with the stream; false = there is nobody. Prefill comes first. */
export function narrowToResumers(state: PlanState, hop: Hop, recovery: Recovery): boolean {
  const by = (index: DeploymentIndex): 'replay' | 'prefill' | undefined => resumeBy(recovery, state.table, index);
  const able = hop.candidates.filter((index) => by(index) !== undefined);
  const prefilling = able.filter((index) => by(index) === 'prefill');
  hop.candidates = prefilling.length > 0 ? prefilling : able;
  return able.length > 0;
}
