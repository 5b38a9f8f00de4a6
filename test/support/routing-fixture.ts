// Deployments and routing tables for tests of the core: everything has a plain default, a test names what it is about.
import type { Deployment, Limits } from '../../src/core/deployment.ts';
import type { Fleet } from '../../src/core/fleet/fleet.ts';
import { plainIntent } from '../../src/core/request-intent.ts';
import { NO_FILTERS } from '../../src/core/filter-settings.ts';
import { DEFAULT_STRATEGY_ARGS } from '../../src/core/routing-table.ts';
import type {
  Alias,
  ModelGroup,
  RouterSettings,
  RoutingGroup,
  RoutingTable,
  WildcardRoute,
} from '../../src/core/routing-table.ts';
import type { SelectContext } from '../../src/core/select/select-context.ts';

export const NO_LIMITS: Limits = {
  rpm: undefined,
  tpm: undefined,
  itpm: undefined,
  otpm: undefined,
  maxParallelRequests: undefined,
};

/** A deployment's interesting parts; limits may be given one by one. */
export type DeploymentSketch = Omit<Partial<Deployment>, 'limits'> & { readonly limits?: Partial<Limits> };

export function sketchDeployment(index: number, sketch: DeploymentSketch = {}): Deployment {
  const group = sketch.group ?? 'gpt-4';
  return {
    index,
    id: `d${index}`,
    group,
    provider: 'openai',
    litellmModel: 'openai/gpt-4',
    upstreamModel: 'gpt-4',
    isWildcard: group.includes('*'),
    outOfRotation: undefined,
    weight: undefined,
    order: undefined,
    tags: [],
    region: undefined,
    timeoutMs: undefined,
    streamTimeoutMs: undefined,
    timeoutByTierMs: undefined,
    streamTimeoutByTierMs: undefined,
    numRetries: undefined,
    cooldownMs: undefined,
    allowedFails: undefined,
    failLimits: [],
    maxInputTokens: undefined,
    continuesPrefill: false,
    isReasoning: false,
    inputCostPerToken: undefined,
    outputCostPerToken: undefined,
    tagPatterns: [],
    allowFailOpen: false,
    refusedFormats: [],
    ...sketch,
    limits: { ...NO_LIMITS, ...sketch.limits },
  };
}

export const DEFAULT_SETTINGS: RouterSettings = {
  strategy: 'simple-shuffle',
  strategyArgs: DEFAULT_STRATEGY_ARGS,
  numRetries: 2,
  retryPolicy: undefined,
  groupRetryPolicies: new Map(),
  retriesPerRequest: undefined,
  weightedFailover: false,
  retryAfterMs: 0,
  timeoutMs: undefined,
  requestTimeoutMs: undefined,
  streamTimeoutMs: undefined,
  streamIdleTimeoutMs: 60_000,
  deadlineMs: undefined,
  fallbacks: { generic: undefined, contextWindow: undefined, contentPolicy: undefined, defaults: undefined },
  maxFallbacks: 5,
  allowedFails: undefined,
  cooldownMs: undefined,
  disableCooldowns: false,
  enforceLimits: true,
  queueTimeoutMs: 10_000,
  defaultPriority: undefined,
  fallbackAfterMs: 3_000,
  streamRecovery: 'auto',
  streamRecoveryMaxPromptTokens: 8_000,
  hedge: 'on',
  enableTagFiltering: false,
  tagFilteringMatchAny: true,
  enablePreCallChecks: false,
  ...NO_FILTERS,
};

export interface TableSketch {
  readonly deployments: readonly DeploymentSketch[];
  readonly aliases?: readonly Alias[];
  readonly routingGroups?: readonly RoutingGroup[];
  readonly settings?: Partial<RouterSettings>;
}

function patternOf(name: string): RegExp {
  return new RegExp(`^${name.replace(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '(.*)')}`);
}

/** A routing table with groups, ids and wildcards derived from its deployments. */
export function sketchTable(sketch: TableSketch): RoutingTable {
  const deployments = sketch.deployments.map((each, index) => sketchDeployment(index, each));
  const groups = new Map<string, ModelGroup>();
  const byLitellmModel = new Map<string, number[]>();
  const byId = new Map<string, number>();
  for (const { group, id, index, litellmModel } of deployments) {
    groups.set(group, { name: group, deployments: [...(groups.get(group)?.deployments ?? []), index] });
    byLitellmModel.set(litellmModel, [...(byLitellmModel.get(litellmModel) ?? []), index]);
    if (!byId.has(id)) byId.set(id, index);
  }
  const wildcards: WildcardRoute[] = [...groups.values()]
    .filter(({ name }) => name.includes('*'))
    .map((group) => ({ pattern: group.name, regex: patternOf(group.name), deployments: group.deployments }))
    .toSorted((a, b) => b.pattern.length - a.pattern.length);
  const aliases = new Map((sketch.aliases ?? []).map((alias) => [alias.name, alias]));
  const settings = { ...DEFAULT_SETTINGS, ...sketch.settings };
  const routingGroups = new Map((sketch.routingGroups ?? []).map((group) => [group.name, group]));
  return { deployments, groups, aliases, routingGroups, byId, byLitellmModel, wildcards, settings };
}

/** The input of a decision over the whole table, for a small plain request. */
export function sketchContext(
  world: { readonly table: RoutingTable; readonly fleet: Fleet },
  more: Partial<SelectContext> = {},
): SelectContext {
  return {
    ...world,
    intent: plainIntent({ model: 'gpt-4', stream: false, maxTokens: 10 }, 10),
    policy: world.table.settings,
    candidates: world.table.deployments.map(({ index }) => index),
    tried: [],
    promptTokens: 10,
    promptIsCounted: false,
    maxTokens: 10,
    stream: false,
    tags: [],
    minInputTokens: 0,
    hasFallback: false,
    keepLast: false,
    ignoreHealth: false,
    ...more,
  };
}
