// Which deployment served a request like this one before, and remembering who serves it now. A preference: whether that
// deployment may be used is for the filter to say.
import type { RequestIntent } from '../request-intent.ts';
import type { RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex, Millis } from '../units.ts';
import type { AffinityMemory } from './affinity-memory.ts';
import { flagsOf, PROMPT_TTL_MS, type AffinityFlags, type StickyKeys } from './affinity-settings.ts';

/** A decision, as far as affinity goes. */
export interface StickyRequest {
  readonly table: RoutingTable;
  readonly intent: RequestIntent;
  readonly candidates: readonly DeploymentIndex[];
  readonly affinity?: AffinityMemory | undefined;
}

interface Recognised {
  readonly memory: AffinityMemory;
  readonly keys: StickyKeys;
  readonly flags: AffinityFlags;
  readonly group: string;
  readonly ttlMs: Millis;
}

/** The group is the candidates' own: one deployment means the same under every alias. */
function recognised({ table, intent, candidates, affinity: memory }: StickyRequest): Recognised | undefined {
  const settings = table.settings.affinity;
  const group = table.deployments[candidates[0] ?? -1]?.group;
  if (memory === undefined || settings === undefined || intent.sticky === undefined || group === undefined) {
    return undefined;
  }
  return { memory, keys: intent.sticky, flags: flagsOf(settings, group), group, ttlMs: settings.ttlMs };
}

/** Candidates to try first, strongest claim first: by session, by prompt, by caller (LiteLLM: the session before the key). */
export function stickyCandidates(request: StickyRequest, now: Millis): DeploymentIndex[] {
  const known = recognised(request);
  if (known === undefined) return [];
  const { deployments } = request.table;
  const ids = keysOf(known).map((key) => known.memory.recall(key, now));
  return ids.flatMap(
    (id) => request.candidates.find((index) => id !== undefined && deployments[index]?.id === id) ?? [],
  );
}

/** The request goes to `deployment`: from now on its like does. */
export function rememberChoice(request: StickyRequest, deployment: DeploymentIndex, now: Millis): void {
  const known = recognised(request);
  const id = request.table.deployments[deployment]?.id;
  if (known === undefined || id === undefined) return;
  const { memory, keys, flags, group, ttlMs } = known;
  const [prompt] = keys.prompts;
  if (flags.session && keys.session !== undefined) {
    memory.remember(sessionKey(group, keys.session), id, { now, ttlMs });
  }
  if (flags.prompt && prompt !== undefined) {
    memory.remember(promptKey(group, prompt), id, { now, ttlMs: PROMPT_TTL_MS });
  }
  if (flags.caller && keys.caller !== undefined) {
    memory.remember(callerKey(group, keys.caller), id, { now, ttlMs });
  }
}

function keysOf({ keys, flags, group }: Recognised): string[] {
  return [
    ...(flags.session && keys.session !== undefined ? [sessionKey(group, keys.session)] : []),
    ...(flags.prompt ? keys.prompts.map((prompt) => promptKey(group, prompt)) : []),
    ...(flags.caller && keys.caller !== undefined ? [callerKey(group, keys.caller)] : []),
  ];
}

function sessionKey(group: string, hash: string): string {
  return `session:${group}:${hash}`;
}

function promptKey(group: string, hash: string): string {
  return `prompt:${group}:${hash}`;
}

function callerKey(group: string, hash: string): string {
  return `caller:${group}:${hash}`;
}
