// `router_settings` over `litellm_settings` over the environment over built-in defaults. Which "is set" and which "is
// true" (0 counts as unset) follows LiteLLM 1.106 (reference 1.4a): the same number may mean different things.
import { readClassPolicy, readGroupPolicies } from './class-policies.ts';
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Environment } from './environment.ts';
import type { Findings } from './findings.ts';
import { RETRY_POLICY_KEYS } from './keys/policy-keys.ts';
import {
  amountIn,
  booleanIn,
  booleanOf,
  millisIn,
  numberFromText,
  numberOf,
  textOf,
  truthyMillisIn,
} from './read-value.ts';
import { readStrategy, readStrategyArgs } from './strategy-settings.ts';
import type { FallbackRules, RouterSettings, RoutingPolicy, StrategyName } from '../core/routing-table.ts';
import type { FilterSettings } from '../core/filter-settings.ts';

const DEFAULT_STRATEGY: StrategyName = 'simple-shuffle';
const DEFAULTS = {
  numRetries: 2,
  maxFallbacks: 5,
  streamIdleTimeoutMs: 60_000,
  queueTimeoutMs: 10_000,
  fallbackAfterMs: 3_000,
  streamRecoveryMaxPromptTokens: 8_000,
};

export interface SettingsSections {
  readonly router: MapNode;
  readonly litellm: MapNode;
  readonly env: Environment;
}

/** The settings in force. Values of the wrong type have been reported and read as not set. */
export function readRouterSettings(
  sections: SettingsSections,
  fallbacks: FallbackRules,
  findings: Findings,
): Omit<RouterSettings, keyof FilterSettings> {
  const { router, litellm } = sections;
  warnAboutZeroCooldown(router, findings);
  return {
    ...readRouterPolicy(router, findings),
    ...readAttempts(sections),
    ...readRetryPolicies(sections, findings),
    ...readTimeouts(sections),
    fallbacks,
    retryAfterMs: millisIn(router, 'retry_after') ?? 0,
    allowedFails:
      amountIn(router, 'allowed_fails') ??
      amountIn(litellm, 'allowed_fails') ??
      fromEnv(sections, 'DEFAULT_ALLOWED_FAILS'),
    cooldownMs: truthyMillisIn(router, 'cooldown_time') ?? millis(fromEnv(sections, 'DEFAULT_COOLDOWN_TIME_SECONDS')),
    disableCooldowns: booleanIn(router, 'disable_cooldowns') ?? false,
    enforceLimits: booleanIn(router, 'enforce_limits') ?? true,
    queueTimeoutMs: millisIn(router, 'queue_timeout') ?? DEFAULTS.queueTimeoutMs,
    defaultPriority: whole(numberOf(childOf(router, 'default_priority'))),
    fallbackAfterMs: millisIn(router, 'fallback_after') ?? DEFAULTS.fallbackAfterMs,
    streamRecovery: readRecovery(childOf(router, 'stream_recovery'), findings),
    streamRecoveryMaxPromptTokens:
      amountIn(router, 'stream_recovery_max_prompt_tokens') ?? DEFAULTS.streamRecoveryMaxPromptTokens,
    hedge: readHedge(childOf(router, 'hedge'), findings),
    enableTagFiltering: booleanIn(router, 'enable_tag_filtering') ?? false,
    tagFilteringMatchAny: booleanIn(router, 'tag_filtering_match_any') ?? true,
    enablePreCallChecks: booleanIn(router, 'enable_pre_call_checks') ?? false,
  };
}

/** How the router chooses where no routing group says otherwise. */
function readRouterPolicy(router: MapNode, findings: Findings): RoutingPolicy {
  const strategy = readStrategy(childOf(router, 'routing_strategy'), 'router_settings.routing_strategy', findings);
  const strategyArgs = readStrategyArgs(router, 'router_settings.routing_strategy_args', findings);
  return { strategy: strategy ?? DEFAULT_STRATEGY, strategyArgs };
}

function readAttempts({ router, litellm, env }: SettingsSections): Pick<RouterSettings, 'numRetries' | 'maxFallbacks'> {
  const global = (key: string, variable: string): number | undefined =>
    amountIn(router, key) ?? amountIn(litellm, key) ?? numberFromText(env[variable] ?? '');
  return {
    numRetries: global('num_retries', 'DEFAULT_MAX_RETRIES') ?? DEFAULTS.numRetries,
    maxFallbacks: global('max_fallbacks', 'ROUTER_MAX_FALLBACKS') ?? DEFAULTS.maxFallbacks,
  };
}

type RetryPolicies = Pick<
  RouterSettings,
  'retryPolicy' | 'groupRetryPolicies' | 'retriesPerRequest' | 'weightedFailover'
>;

function readRetryPolicies({ router, litellm }: SettingsSections, findings: Findings): RetryPolicies {
  const where = { where: 'router_settings', keys: RETRY_POLICY_KEYS };
  return {
    retryPolicy: readClassPolicy(router, { key: 'retry_policy', ...where }, findings),
    groupRetryPolicies: readGroupPolicies(router, { key: 'model_group_retry_policy', ...where }, findings),
    retriesPerRequest: amountIn(litellm, 'num_retries_per_request'),
    weightedFailover: booleanIn(router, 'enable_weighted_failover') ?? false,
  };
}

type Timeouts = Pick<
  RouterSettings,
  'timeoutMs' | 'requestTimeoutMs' | 'streamTimeoutMs' | 'streamIdleTimeoutMs' | 'deadlineMs'
>;

/** `request_timeout` is the router's timeout, unless that one is set too: then it beats it for each attempt (7a). */
function readTimeouts({ router, litellm, env }: SettingsSections): Timeouts {
  const own = truthyMillisIn(router, 'timeout');
  const global = truthyMillisIn(litellm, 'request_timeout') ?? millis(numberFromText(env['REQUEST_TIMEOUT'] ?? ''));
  return {
    timeoutMs: own ?? global,
    requestTimeoutMs: own === undefined ? undefined : global,
    streamTimeoutMs: truthyMillisIn(router, 'stream_timeout'),
    streamIdleTimeoutMs: truthyMillisIn(router, 'stream_idle_timeout') ?? DEFAULTS.streamIdleTimeoutMs,
    deadlineMs: truthyMillisIn(router, 'deadline'),
  };
}

/** `auto` or `off`, which YAML reads as false. */
function readRecovery(node: ConfigNode | undefined, findings: Findings): RouterSettings['streamRecovery'] {
  const name = textOf(node);
  if (node === undefined || name === undefined || name === 'auto' || booleanOf(node) === true) return 'auto';
  if (booleanOf(node) === false) return 'off';
  findings.error({ place: node.place, where: 'router_settings.stream_recovery' }, 'must be auto or off');
  return 'auto';
}

/** `on` and `off` are what YAML reads as true and false. */
function readHedge(node: ConfigNode | undefined, findings: Findings): RouterSettings['hedge'] {
  const name = textOf(node);
  if (name === 'group') return 'group';
  if (node === undefined || name === undefined || booleanOf(node) === true) return 'on';
  if (booleanOf(node) === false) return 'off';
  findings.error({ place: node.place, where: 'router_settings.hedge' }, 'must be on, group or off');
  return 'on';
}

function warnAboutZeroCooldown(router: MapNode, findings: Findings): void {
  const node = childOf(router, 'cooldown_time');
  if (node === undefined || numberOf(node) !== 0) return;
  findings.warning(
    { place: node.place, where: 'router_settings.cooldown_time' },
    '0 counts as not set, as in LiteLLM: to switch cooldowns off write disable_cooldowns: true',
  );
}

/** As in a request: fractions are cut off. */
function whole(number: number | undefined): number | undefined {
  return number === undefined ? undefined : Math.trunc(number);
}

function fromEnv({ env }: SettingsSections, variable: string): number | undefined {
  return numberFromText(env[variable] ?? '');
}

function millis(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1_000;
}
