// What a requested model name stands for: which deployments may serve it and under which group's name. Built from the
// routing table alone; the order is LiteLLM 1.106's as recorded (reference 3.1d, 3.1e, 1.5a, 1.7).
import type { Deployment } from '../deployment.ts';
import type { RoutingPolicy, RoutingTable } from '../routing-table.ts';
import type { DeploymentIndex } from '../units.ts';

export interface ResolvedModel {
  readonly kind: 'id' | 'alias' | 'routing-group' | 'group' | 'wildcard' | 'litellm-model' | 'default-fallback';
  /** As the client wrote it, and as `x-litellm-model-group` shows it. */
  readonly requested: string;
  /** The name under which fallbacks and settings are looked up: an alias's target, else the requested name. */
  readonly group: string;
  readonly candidates: readonly DeploymentIndex[];
  /** One deployment by id: no cooldown and no retries, as in 1.106. */
  readonly byId: boolean;
  /** What each `*` of the pattern stood for; `undefined` for everything but wildcards. */
  readonly captures: readonly string[] | undefined;
  /** The name that the pattern matched: the requested one, or that with its provider in front. */
  readonly matched: string;
  /** The policy of the group, where it is not the router's. */
  readonly policy?: RoutingPolicy | undefined;
}

export interface UnknownModel {
  readonly kind: 'unknown';
  readonly requested: string;
  /** 1.106 words the refusal differently when the table has any wildcard (3.1b). */
  readonly hasWildcards: boolean;
}

export type Resolution = ResolvedModel | UnknownModel;

/** Guesses the provider of a bare name (`gpt-4o` is `openai`); `undefined` = no idea. */
export type GuessProvider = (model: string) => string | undefined;

function resolved(
  kind: ResolvedModel['kind'],
  requested: string,
  candidates: readonly DeploymentIndex[],
): ResolvedModel {
  const byId = kind === 'id';
  return { kind, requested, group: requested, candidates, byId, captures: undefined, matched: requested };
}

/** Resolves a name: id (no group has it), alias, routing group, group, wildcard, litellm model, default fallback. */
export function resolve(table: RoutingTable, model: string, guessProvider?: GuessProvider): Resolution {
  const alias = table.aliases.get(model);
  if (alias !== undefined && !isOnlyId(table, model)) {
    const target = resolveName(table, alias.target, guessProvider);
    if (target !== undefined) return { ...target, kind: 'alias', requested: model, group: alias.target };
  }
  return (
    resolveName(table, model, guessProvider) ??
    resolveDefault(table, model, guessProvider) ?? {
      kind: 'unknown',
      requested: model,
      hasWildcards: table.wildcards.length > 0,
    }
  );
}

function resolveName(
  table: RoutingTable,
  model: string,
  guessProvider: GuessProvider | undefined,
): ResolvedModel | undefined {
  const routingGroup = table.routingGroups.size === 0 ? undefined : table.routingGroups.get(model);
  if (routingGroup !== undefined && !isOnlyId(table, model)) {
    return { ...resolved('routing-group', model, routingGroup.deployments), policy: routingGroup.policy };
  }
  const group = table.groups.get(model);
  if (group !== undefined) {
    const found = resolved('group', model, group.deployments);
    return group.policy === undefined ? found : { ...found, policy: group.policy };
  }
  const id = table.byId.get(model);
  if (id !== undefined) return resolved('id', model, [id]);
  const wildcard = resolveWildcard(table, model, guessProvider);
  if (wildcard !== undefined) return wildcard;
  const byModel = table.byLitellmModel.get(model);
  return byModel === undefined || byModel.length === 0 ? undefined : resolved('litellm-model', model, byModel);
}

/** A deployment has this id and no group this name: then the id comes first (1.106, 3.1d). */
function isOnlyId(table: RoutingTable, name: string): boolean {
  return table.byId.has(name) && !table.groups.has(name);
}

function resolveWildcard(
  table: RoutingTable,
  model: string,
  guessProvider: GuessProvider | undefined,
): ResolvedModel | undefined {
  if (table.wildcards.length === 0) return undefined;
  const direct = matchWildcard(table, model, model);
  if (direct !== undefined) return direct;
  const provider = guessProvider?.(model);
  return provider === undefined ? undefined : matchWildcard(table, model, `${provider}/${model}`);
}

function matchWildcard(table: RoutingTable, requested: string, name: string): ResolvedModel | undefined {
  for (const route of table.wildcards) {
    const match = route.regex.exec(name);
    if (match === null) continue;
    const captures = match.slice(1);
    const policy = table.groups.get(route.pattern)?.policy;
    return { ...resolved('wildcard', requested, route.deployments), captures, matched: name, policy };
  }
  return undefined;
}

/** Only behind a wildcard does 1.106 let an unknown name reach the default fallback; else it is a 400 (golden d91). */
function resolveDefault(
  table: RoutingTable,
  model: string,
  guessProvider: GuessProvider | undefined,
): ResolvedModel | undefined {
  const target = table.settings.fallbacks.defaults?.[0];
  if (target === undefined || table.wildcards.length === 0) return undefined;
  const name = table.aliases.get(target.model)?.target ?? target.model;
  const fallback = resolveName(table, name, guessProvider);
  return fallback === undefined ? undefined : { ...fallback, kind: 'default-fallback', requested: model };
}

/**
 * The model name to send upstream. Captured texts fill the `*`s of the deployment's model from left to right; a target
 * with fewer `*`s than captures gets the name as it was matched, without this deployment's provider in front; one
 * without any `*` stays as it is (1.106, 1.7a).
 */
export function upstreamModelFor(deployment: Deployment, resolution: ResolvedModel): string {
  const { upstreamModel, provider } = deployment;
  const { captures } = resolution;
  if (captures === undefined || !upstreamModel.includes('*')) return upstreamModel;
  const stars = upstreamModel.split('*').length - 1;
  if (captures.length > stars) {
    const prefix = `${provider}/`;
    return resolution.matched.startsWith(prefix) ? resolution.matched.slice(prefix.length) : resolution.matched;
  }
  let next = 0;
  return upstreamModel.replaceAll('*', () => captures[next++] ?? '*');
}
