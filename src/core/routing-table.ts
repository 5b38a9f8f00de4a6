// The routing table: everything a config says about where requests may go, compiled once and never changed.
// A reload builds a new one and swaps it. Mutable numbers live in the fleet table, not here.
import type { ClassNumbers } from './class-numbers.ts';
import type { Deployment } from './deployment.ts';
import type { FilterSettings } from './filter-settings.ts';
import type { DeploymentIndex, Millis } from './units.ts';

/** All deployments with one `model_name`. */
export interface ModelGroup {
  readonly name: string;
  readonly deployments: readonly DeploymentIndex[];
  /** Where it is not the router's: that of the routing group it belongs to. */
  readonly policy?: RoutingPolicy | undefined;
}

/** Another name for a group (`router_settings.model_group_alias`). Hidden ones are callable but not listed. */
export interface Alias {
  readonly name: string;
  readonly target: string;
  readonly hidden: boolean;
}

/** A `model_name` with `*`, compiled: anchored at the start only, each `*` a greedy capture. */
export interface WildcardRoute {
  readonly pattern: string;
  readonly regex: RegExp;
  readonly deployments: readonly DeploymentIndex[];
}

/** Where a fallback goes: a group, alias or deployment id, and request fields that it replaces. */
export interface FallbackTarget {
  readonly model: string;
  /** Other keys of a map entry (`{"model": "x", "temperature": 0}`): they replace those of the request. */
  readonly overrides: Readonly<Record<string, unknown>> | undefined;
}

/** One `{group: [targets]}` item; `from` may be `*`. */
export interface FallbackRule {
  readonly from: string;
  readonly targets: readonly FallbackTarget[];
}

/** `undefined` = that list is not configured at all, which differs from an empty one (LiteLLM 1.106). */
export interface FallbackRules {
  readonly generic: readonly FallbackRule[] | undefined;
  readonly contextWindow: readonly FallbackRule[] | undefined;
  readonly contentPolicy: readonly FallbackRule[] | undefined;
  readonly defaults: readonly FallbackTarget[] | undefined;
}

export const STRATEGY_NAMES = [
  'simple-shuffle',
  'least-busy',
  'usage-based-routing',
  'usage-based-routing-v2',
  'latency-based-routing',
  'cost-based-routing',
] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** `routing_strategy_args`; what a strategy does not know it ignores. */
export interface StrategyArgs {
  /** How long a latency sample counts. */
  readonly ttlMs: Millis;
  /** Candidates within this share of the lowest latency are equals; 0 = only the lowest. */
  readonly lowestLatencyBuffer: number;
  /** Samples kept for each deployment, 1 or more. */
  readonly maxLatencyListSize: number;
  /** Quantile of the times to first token that a stream goes by, above 0 to 1; `undefined` = their mean. */
  readonly ttftPercentile: number | undefined;
}

/** LiteLLM's defaults (reference 2). */
export const DEFAULT_STRATEGY_ARGS: StrategyArgs = {
  ttlMs: 3_600_000,
  lowestLatencyBuffer: 0,
  maxLatencyListSize: 10,
  ttftPercentile: undefined,
};

/** How one of several usable deployments is chosen: the router's, a routing group's, or the request's own. */
export interface RoutingPolicy {
  readonly strategy: StrategyName;
  readonly strategyArgs: StrategyArgs;
  /** Stands in for the `order` of the deployments: that of a routing group's priorities. */
  readonly priorities?: ReadonlyMap<DeploymentIndex, number> | undefined;
  /** Weights that a request gives, by deployment id: they come before the configured ones. */
  readonly weights?: ReadonlyMap<string, number> | undefined;
}

/** `routing_groups`: model groups that share a policy and can be called together under one name. */
export interface RoutingGroup extends ModelGroup {
  readonly policy: RoutingPolicy;
}

/** Router settings after precedence (`router_settings` over `litellm_settings` over defaults). */
export interface RouterSettings extends RoutingPolicy, FilterSettings {
  /** Retries inside one group after the first attempt. */
  readonly numRetries: number;
  /** Retries by the class of the error; where it says a number, `numRetries` does not count. */
  readonly retryPolicy: ClassNumbers | undefined;
  /** By group; takes the place of `retryPolicy` there. */
  readonly groupRetryPolicies: ReadonlyMap<string, ClassNumbers>;
  /** Most attempts of one request after its first, retries and fallbacks together; `undefined` = no such bound. */
  readonly retriesPerRequest: number | undefined;
  /** When the retries have failed, the untried rest of the group comes before other groups. */
  readonly weightedFailover: boolean;
  /** Smallest backoff before a retry on a lone deployment. */
  readonly retryAfterMs: Millis;
  /** Bounds one attempt of a plain answer; `undefined` = 600 s. */
  readonly timeoutMs: Millis | undefined;
  /** `litellm_settings.request_timeout` where `router_settings.timeout` is set too: it beats `timeoutMs` (1.106, 7a). */
  readonly requestTimeoutMs: Millis | undefined;
  /** Bounds the time to first content of a stream. */
  readonly streamTimeoutMs: Millis | undefined;
  /** Longest silence between two events of a stream. */
  readonly streamIdleTimeoutMs: Millis;
  /** Bounds the whole request, all attempts and waits; `undefined` = none. */
  readonly deadlineMs: Millis | undefined;
  readonly fallbacks: FallbackRules;
  readonly maxFallbacks: number;
  /** Explicit number of failures in 60 s that are still allowed; `undefined` = the breaker's own triggers. */
  readonly allowedFails: number | undefined;
  /** Fixed open time of the breaker; `undefined` = 1 s doubling to 15 s. */
  readonly cooldownMs: Millis | undefined;
  readonly disableCooldowns: boolean;
  /** false: rpm and tpm are weights only, as in LiteLLM. */
  readonly enforceLimits: boolean;
  /** Longest wait for a unit of a limit; 0 = never wait. */
  readonly queueTimeoutMs: Millis;
  /** Of a request that names none: lower is served first; `undefined` = 0. */
  readonly defaultPriority: number | undefined;
  /** A wait comes before a fallback only if it is at most this long. */
  readonly fallbackAfterMs: Millis;
  /** Whether a stream that breaks is gone on with elsewhere. */
  readonly streamRecovery: 'auto' | 'off';
  /** A sampled answer is asked for once more only up to this prompt: a try that fails must be cheap. */
  readonly streamRecoveryMaxPromptTokens: number;
  /** Whether a second attempt may race a silent stream: `group` = never a fallback. */
  readonly hedge: 'on' | 'group' | 'off';
  readonly enableTagFiltering: boolean;
  readonly tagFilteringMatchAny: boolean;
  readonly enablePreCallChecks: boolean;
}

/** The deployment with that index. RangeError for an index that is not in the table: a mistake of the caller. */
export function deploymentAt(table: Pick<RoutingTable, 'deployments'>, index: DeploymentIndex): Deployment {
  const deployment = table.deployments[index];
  if (deployment === undefined) throw new RangeError(`no deployment ${index} in the table`);
  return deployment;
}

export interface RoutingTable {
  readonly deployments: readonly Deployment[];
  /** Insertion order is config order. */
  readonly groups: ReadonlyMap<string, ModelGroup>;
  readonly aliases: ReadonlyMap<string, Alias>;
  /** Those that can be called. */
  readonly routingGroups: ReadonlyMap<string, RoutingGroup>;
  /** First deployment with that id. */
  readonly byId: ReadonlyMap<string, DeploymentIndex>;
  readonly byLitellmModel: ReadonlyMap<string, readonly DeploymentIndex[]>;
  /** Most specific first. */
  readonly wildcards: readonly WildcardRoute[];
  readonly settings: RouterSettings;
}
