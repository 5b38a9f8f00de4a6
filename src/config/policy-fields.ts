// What a deployment says by class of error or by service tier: `allowed_fails_policy` of its own and of the router as one
// list, and timeouts by tier. Apart from the plain fields because these report mistakes inside their maps.
import { wrongType } from './check-section.ts';
import { readClassPolicy } from './class-policies.ts';
import { childOf, isNull } from './config-node.ts';
import type { Findings } from './findings.ts';
import { FAILS_POLICY_KEYS } from './keys/policy-keys.ts';
import type { ModelEntry } from './model-entries.ts';
import { amountIn, truthyMillisIn } from './read-value.ts';
import type { ClassNumbers } from '../core/class-numbers.ts';
import type { Deployment, FailLimit } from '../core/deployment.ts';

type PolicyFields = Pick<Deployment, 'allowedFails' | 'failLimits' | 'timeoutByTierMs' | 'streamTimeoutByTierMs'>;

/** `routerFails` is the router's `allowed_fails_policy`; a class that the deployment names itself is the deployment's. */
export function readPolicyFields(
  entry: ModelEntry,
  routerFails: ClassNumbers | undefined,
  findings: Findings,
): PolicyFields {
  const own = readClassPolicy(
    entry.info,
    { key: 'allowed_fails_policy', where: `${entry.spot.where}.model_info`, keys: FAILS_POLICY_KEYS },
    findings,
  );
  return {
    allowedFails: amountIn(entry.info, 'allowed_fails'),
    failLimits: failLimits(own, routerFails),
    timeoutByTierMs: readTiers(entry, 'timeout_by_service_tier', findings),
    streamTimeoutByTierMs: readTiers(entry, 'stream_timeout_by_service_tier', findings),
  };
}

function failLimits(own: ClassNumbers | undefined, router: ClassNumbers | undefined): readonly FailLimit[] {
  const byClass = new Map<string, FailLimit>();
  for (const [exceptionClass, allowedFails] of router?.byClass ?? []) {
    byClass.set(exceptionClass, { exceptionClass, allowedFails, isOwn: false });
  }
  for (const [exceptionClass, allowedFails] of own?.byClass ?? []) {
    byClass.set(exceptionClass, { exceptionClass, allowedFails, isOwn: true });
  }
  return [...byClass.values()];
}

/** Seconds by tier; 0 is "not set", as for every timeout. */
function readTiers(
  { params, spot }: ModelEntry,
  key: string,
  findings: Findings,
): ReadonlyMap<string, number> | undefined {
  const node = childOf(params, key);
  if (node?.kind !== 'map') return undefined;
  const tiers = new Map<string, number>();
  for (const [tier, { value }] of node.entries) {
    const complaint = isNull(value) ? undefined : wrongType(value, 'seconds');
    const at = { place: value.place, where: `${spot.where}.litellm_params.${key}.${tier}` };
    if (complaint !== undefined) findings.error(at, complaint);
    const ms = truthyMillisIn(node, tier);
    if (ms !== undefined) tiers.set(tier, ms);
  }
  return tiers.size === 0 ? undefined : tiers;
}
