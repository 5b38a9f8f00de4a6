// Reads `retry_policy`, `model_group_retry_policy` and `allowed_fails_policy`: one number for each class of errors. A
// field that nobody knows would silently do nothing, so it is named with the nearest one.
import { wrongType } from './check-section.ts';
import { childOf, isNull } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { FAILS_POLICY_KEYS, type PolicyKeys } from './keys/policy-keys.ts';
import { didYouMean } from './nearest-key.ts';
import { amountIn } from './read-value.ts';
import type { ClassNumbers } from '../core/class-numbers.ts';

/** The policy under `key` of a section; `undefined` where it is not set, empty or no map (which has been reported). */
export function readClassPolicy(
  section: MapNode,
  { key, where, keys }: { readonly key: string; readonly where: string; readonly keys: PolicyKeys },
  findings: Findings,
): ClassNumbers | undefined {
  return readPolicy(childOf(section, key), { where: `${where}.${key}`, keys }, findings);
}

/** `router_settings.allowed_fails_policy`. */
export function readRouterFails(router: MapNode, findings: Findings): ClassNumbers | undefined {
  return readClassPolicy(
    router,
    { key: 'allowed_fails_policy', where: 'router_settings', keys: FAILS_POLICY_KEYS },
    findings,
  );
}

/** `model_group_retry_policy`: a policy for each group. */
export function readGroupPolicies(
  section: MapNode,
  { key, where, keys }: { readonly key: string; readonly where: string; readonly keys: PolicyKeys },
  findings: Findings,
): ReadonlyMap<string, ClassNumbers> {
  const node = childOf(section, key);
  const byGroup = new Map<string, ClassNumbers>();
  if (node?.kind !== 'map') return byGroup;
  for (const [group, entry] of node.entries) {
    const at: Spot = { place: entry.value.place, where: `${where}.${key}.${group}` };
    const complaint = wrongType(entry.value, 'map');
    if (complaint !== undefined) findings.error(at, complaint);
    const policy = readPolicy(entry.value, { where: at.where, keys }, findings);
    if (policy !== undefined) byGroup.set(group, policy);
  }
  return byGroup;
}

function readPolicy(
  node: ConfigNode | undefined,
  { where, keys }: { readonly where: string; readonly keys: PolicyKeys },
  findings: Findings,
): ClassNumbers | undefined {
  if (node?.kind !== 'map') return undefined;
  const { fields, others } = keys;
  const known = [...fields.keys(), ...(others === undefined ? [] : [others])];
  for (const [field, entry] of node.entries) {
    if (!known.includes(field)) {
      const spot = { place: entry.key.place, where: `${where}.${field}` };
      findings.warning(spot, `unknown field, it has no effect${didYouMean(field, known)}`);
      continue;
    }
    const complaint = isNull(entry.value) ? undefined : wrongType(entry.value, 'count');
    if (complaint !== undefined) findings.error({ place: entry.value.place, where: `${where}.${field}` }, complaint);
  }
  const byClass = new Map<string, number>();
  for (const [field, exceptionClass] of fields) {
    const number = amountIn(node, field);
    if (number !== undefined) byClass.set(exceptionClass, number);
  }
  const rest = others === undefined ? undefined : amountIn(node, others);
  return byClass.size === 0 && rest === undefined ? undefined : { byClass, others: rest };
}
