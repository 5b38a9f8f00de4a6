// `optional_pre_call_checks` and what belongs to it: which requests stick to a deployment. The list also holds checks
// that are always made here, and ones that are not made; each of those is named.
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { didYouMean } from './nearest-key.ts';
import { millisIn, textOf } from './read-value.ts';
import type { AffinityFlags, AffinitySettings } from '../core/affinity/affinity-settings.ts';

const DEFAULT_TTL_MS = 3_600_000;

const FLAG_OF_CHECK: Readonly<Record<string, keyof AffinityFlags>> = {
  session_affinity: 'session',
  prompt_caching: 'prompt',
  deployment_affinity: 'caller',
};
/** Made for every request, asked for or not. */
const ALWAYS_MADE = new Set(['router_budget_limiting', 'responses_api_deployment_check', 'enforce_model_rate_limits']);
const NOT_MADE: Readonly<Record<string, string>> = {
  forward_client_headers_by_model_group: 'client headers are forwarded for all groups or none',
  encrypted_content_affinity: 'encrypted content does not steer requests; response ids do',
};
const KNOWN_CHECKS = [...Object.keys(FLAG_OF_CHECK), ...ALWAYS_MADE, ...Object.keys(NOT_MADE)];

/** `undefined`: nothing sticks anywhere. LiteLLM starts with checks that do not exist (golden g59). */
export function readAffinity(router: MapNode, findings: Findings): AffinitySettings | undefined {
  const flags = readFlags(
    childOf(router, 'optional_pre_call_checks'),
    'router_settings.optional_pre_call_checks',
    findings,
  );
  const byGroup = readGroups(childOf(router, 'model_group_affinity_config'), findings);
  const all = [flags, ...byGroup.values()];
  const anywhere: AffinityFlags = {
    session: all.some(({ session }) => session),
    prompt: all.some(({ prompt }) => prompt),
    caller: all.some(({ caller }) => caller),
  };
  if (!anywhere.session && !anywhere.prompt && !anywhere.caller) return undefined;
  return { flags, byGroup, anywhere, ttlMs: millisIn(router, 'deployment_affinity_ttl_seconds') ?? DEFAULT_TTL_MS };
}

function readGroups(node: ConfigNode | undefined, findings: Findings): Map<string, AffinityFlags> {
  const byGroup = new Map<string, AffinityFlags>();
  if (node?.kind !== 'map') return byGroup;
  for (const [group, { value }] of node.entries) {
    byGroup.set(group, readFlags(value, `router_settings.model_group_affinity_config.${group}`, findings));
  }
  return byGroup;
}

function readFlags(node: ConfigNode | undefined, where: string, findings: Findings): AffinityFlags {
  const items = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  const wanted = new Set<keyof AffinityFlags>();
  for (const item of items) {
    const name = textOf(item);
    if (name === undefined) continue;
    const flag = FLAG_OF_CHECK[name];
    if (flag !== undefined) wanted.add(flag);
    else warnAbout(name, { place: item.place, where }, findings);
  }
  return { session: wanted.has('session'), prompt: wanted.has('prompt'), caller: wanted.has('caller') };
}

function warnAbout(name: string, spot: Spot, findings: Findings): void {
  if (ALWAYS_MADE.has(name)) return;
  const missing = NOT_MADE[name];
  if (missing !== undefined) findings.warning(spot, `not supported yet: ${name}: ${missing}`);
  else findings.warning(spot, `there is no such check, it has no effect${didYouMean(name, KNOWN_CHECKS)}`);
}
