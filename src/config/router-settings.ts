// `router_settings` over `litellm_settings` over the environment over built-in defaults. Which "is set" and which "is
// true" (0 counts as unset) follows LiteLLM 1.106 (reference 1.4a): the same number may mean different things.
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Environment } from './environment.ts';
import type { Findings } from './findings.ts';
import { didYouMean } from './nearest-key.ts';
import { amountIn, booleanIn, millisIn, numberFromText, numberOf, textOf, truthyMillisIn } from './read-value.ts';
import { BUILT_STRATEGIES } from '../core/strategy/registry.ts';
import type { FilterSettings } from '../core/filter-settings.ts';
import { DEFAULT_STRATEGY_ARGS, STRATEGY_NAMES } from '../core/routing-table.ts';
import type { FallbackRules, RouterSettings, StrategyName } from '../core/routing-table.ts';

const DEFAULT_STRATEGY: StrategyName = 'simple-shuffle';
/** Valid in LiteLLM 1.106, without a counterpart here. */
const FOREIGN_STRATEGIES = ['lar1', 'provider-budget-routing'];
/** Titles of the strategies in LiteLLM's documentation, found in real configs where the name belongs. */
const STRATEGY_TITLES: Readonly<Record<string, StrategyName>> = {
  rate_limit_aware: 'usage-based-routing',
  rate_limit_aware_v2: 'usage-based-routing-v2',
};

const DEFAULTS = {
  numRetries: 2,
  maxFallbacks: 5,
  streamIdleTimeoutMs: 60_000,
  queueTimeoutMs: 10_000,
  fallbackAfterMs: 3_000,
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
    strategy: readStrategy(childOf(router, 'routing_strategy'), findings),
    strategyArgs: DEFAULT_STRATEGY_ARGS,
    ...readAttempts(sections),
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
    fallbackAfterMs: millisIn(router, 'fallback_after') ?? DEFAULTS.fallbackAfterMs,
    enableTagFiltering: booleanIn(router, 'enable_tag_filtering') ?? false,
    tagFilteringMatchAny: booleanIn(router, 'tag_filtering_match_any') ?? true,
    enablePreCallChecks: booleanIn(router, 'enable_pre_call_checks') ?? false,
  };
}

function readAttempts({ router, litellm, env }: SettingsSections): Pick<RouterSettings, 'numRetries' | 'maxFallbacks'> {
  const global = (key: string, variable: string): number | undefined =>
    amountIn(router, key) ?? amountIn(litellm, key) ?? numberFromText(env[variable] ?? '');
  return {
    numRetries: global('num_retries', 'DEFAULT_MAX_RETRIES') ?? DEFAULTS.numRetries,
    maxFallbacks: global('max_fallbacks', 'ROUTER_MAX_FALLBACKS') ?? DEFAULTS.maxFallbacks,
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

function readStrategy(node: ConfigNode | undefined, findings: Findings): StrategyName {
  const name = textOf(node);
  if (node === undefined || name === undefined) return DEFAULT_STRATEGY;
  const spot = { place: node.place, where: 'router_settings.routing_strategy' };
  const known = STRATEGY_NAMES.find((strategy) => strategy === (STRATEGY_TITLES[name] ?? name));
  if (known === undefined && !FOREIGN_STRATEGIES.includes(name)) {
    const meant = didYouMean(name, STRATEGY_NAMES);
    findings.error(spot, `unknown strategy${meant}; there are ${[...STRATEGY_NAMES].join(', ')}`);
    return DEFAULT_STRATEGY;
  }
  if (known !== undefined && BUILT_STRATEGIES.has(known)) return known;
  findings.warning(spot, `not supported yet: ${known ?? name}; ${DEFAULT_STRATEGY} is used in its place`);
  return DEFAULT_STRATEGY;
}

function warnAboutZeroCooldown(router: MapNode, findings: Findings): void {
  const node = childOf(router, 'cooldown_time');
  if (node === undefined || numberOf(node) !== 0) return;
  findings.warning(
    { place: node.place, where: 'router_settings.cooldown_time' },
    '0 counts as not set, as in LiteLLM: to switch cooldowns off write disable_cooldowns: true',
  );
}

function fromEnv({ env }: SettingsSections, variable: string): number | undefined {
  return numberFromText(env[variable] ?? '');
}

function millis(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1_000;
}
