// `router_settings_override.model_group_retry_policy` of a body: retries by group and class of error for this request
// alone (litellm-1.106.md 4f). The other members of that object are read elsewhere.
import { RETRY_POLICY_KEYS } from '../config/keys/policy-keys.ts';
import type { ClassNumbers } from '../core/class-numbers.ts';

/**
 * Most retries that a client may ask for in a group. Attempts that fail by the client's own doing cost no retry budget
 * (core/plan/pay-retry.ts) and may end within a millisecond: this is what bounds them.
 */
export const MOST_CLIENT_RETRIES = 100;

/** What is not a whole number from 0 on is left out: LiteLLM's clients send these fields through untyped code. */
export function readGroupRetryPolicies(override: unknown): ReadonlyMap<string, ClassNumbers> | undefined {
  const groups = isRecord(override) ? override['model_group_retry_policy'] : undefined;
  if (!isRecord(groups)) return undefined;
  const byGroup = new Map<string, ClassNumbers>();
  for (const [group, policy] of Object.entries(groups)) {
    const read = isRecord(policy) ? readPolicy(policy) : undefined;
    if (read !== undefined) byGroup.set(group, read);
  }
  return byGroup.size === 0 ? undefined : byGroup;
}

function readPolicy(policy: Readonly<Record<string, unknown>>): ClassNumbers | undefined {
  const byClass = new Map<string, number>();
  for (const [field, exceptionClass] of RETRY_POLICY_KEYS.fields) {
    const count = countOf(policy[field]);
    if (count !== undefined) byClass.set(exceptionClass, count);
  }
  const others = RETRY_POLICY_KEYS.others === undefined ? undefined : countOf(policy[RETRY_POLICY_KEYS.others]);
  return byClass.size === 0 && others === undefined ? undefined : { byClass, others };
}

function countOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined;
  return Math.min(value, MOST_CLIENT_RETRIES);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
