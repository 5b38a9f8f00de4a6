// Routes about the gateway itself: what it serves, how it routes, its metrics. All but the settings are open, as in
// LiteLLM 1.106 (golden i05).
import { shownRoutingGroups } from '../../config/shown-routing-groups.ts';
import type { GatewayConfig } from '../../config/types.ts';
import type { RouterSettings, StrategyArgs } from '../../core/routing-table.ts';
import { EXPOSITION_TYPE } from '../../observe/exposition.ts';
import { VERSION } from '../../version.ts';
import type { AuthVerdict } from '../auth.ts';
import type { ControlPlaneOptions } from './control-context.ts';
import { gatheredText } from './fellows.ts';
import { aliased, jsonReply, textReply, type ControlReply, type ControlRoute } from './control-route.ts';
import { docsPage } from './docs-page.ts';
import { inferenceDescriptions } from './inference-routes.ts';
import { openApi } from './openapi.ts';

const HTML_TYPE = 'text/html; charset=utf-8';
const MS_PER_S = 1000;

/** `others` are all routes of the control plane that are not made here. */
export function gatewayRoutes(options: ControlPlaneOptions, others: readonly ControlRoute[]): ControlRoute[] {
  const own = [...metricsRoutes(options), settingsRoute(() => options.context().runtime.config), testRoute()];
  const described: ControlRoute[] = [...others, ...own, ...descriptionRoutes(() => described)];
  return described.slice(others.length);
}

/** `all` is asked when somebody calls: these routes describe themselves too. */
function descriptionRoutes(all: () => readonly ControlRoute[]): ControlRoute[] {
  const describe = () => openApi({ version: VERSION, control: all(), inference: inferenceDescriptions() });
  const routes = { method: 'GET', tag: 'gateway', isOpen: true, withHead: true } as const;
  return [
    { ...routes, path: '/openapi.json', summary: 'This interface as OpenAPI', handle: () => jsonReply(describe()) },
    ...aliased(['/', '/docs', '/redoc'], {
      ...routes,
      summary: 'This interface as a page',
      handle: () => textReply(docsPage(describe()), HTML_TYPE),
    }),
    {
      ...routes,
      path: '/routes',
      withHead: false,
      summary: 'Every method and path',
      handle: () => {
        const served = [...inferenceDescriptions(), ...all()];
        return jsonReply({ routes: served.map(({ method, path }) => `${method} ${path}`).toSorted() });
      },
    },
  ];
}

function testRoute(): ControlRoute {
  return {
    method: 'GET',
    path: '/test',
    summary: 'Answers with its own path',
    tag: 'gateway',
    isOpen: true,
    handle: () => jsonReply({ route: '/test' }),
  };
}

/** The key is asked for where there is one, unless the config says `false` (1.106, golden i05). */
function metricsRoutes({ context, metrics, openConnections, fellows }: ControlPlaneOptions): ControlRoute[] {
  return aliased(['/metrics', '/metrics/'], {
    method: 'GET',
    summary: 'Metrics in Prometheus text format',
    tag: 'gateway',
    isOpen: true,
    handle: async ({ verdict }) => {
      const { runtime, state, services } = context();
      const { requireAuthForMetrics } = runtime.config.litellm;
      if (requireAuthForMetrics !== false && verdict.kind === 'rejected') return refuseScrape(verdict);
      const now = services.clock.now();
      const scrape = { runtime, state, now, openConnections: await openConnections?.() };
      const text = fellows === undefined ? metrics.text(scrape) : gatheredText(await fellows.report(), scrape);
      return textReply(await text, EXPOSITION_TYPE);
    },
  });
}

function refuseScrape({ message }: Extract<AuthVerdict, { kind: 'rejected' }>): ControlReply {
  const hint = 'To allow unauthenticated access, set litellm_settings.require_auth_for_metrics_endpoint: false.';
  return jsonReply(`Unauthorized access to metrics endpoint: ${message} ${hint}`, 401);
}

function settingsRoute(config: () => GatewayConfig): ControlRoute {
  return {
    method: 'GET',
    path: '/router/settings',
    summary: 'Router settings in force',
    tag: 'gateway',
    handle: () => {
      const current = currentSettings(config().table.settings, config());
      const fields = Object.entries(current).map(([name, value]) => ({ field_name: name, field_value: value }));
      return jsonReply({ fields, current_values: current });
    },
  };
}

/** LiteLLM's names and units (seconds); what is not set is null. */
function currentSettings(settings: RouterSettings, { table }: GatewayConfig): Readonly<Record<string, unknown>> {
  const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : ms / MS_PER_S);
  const rules = (list: RouterSettings['fallbacks']['generic']): unknown =>
    list?.map(({ from, targets }) => ({ [from]: targets.map(({ model }) => model) })) ?? null;
  return {
    routing_strategy: settings.strategy,
    routing_strategy_args: shownArgs(settings.strategyArgs),
    routing_groups: shownRoutingGroups(table).map(({ name, strategy, models }) => ({
      group_name: name,
      models,
      routing_strategy: strategy,
    })),
    num_retries: settings.numRetries,
    timeout: seconds(settings.timeoutMs),
    stream_timeout: seconds(settings.streamTimeoutMs),
    max_fallbacks: settings.maxFallbacks,
    fallbacks: rules(settings.fallbacks.generic),
    context_window_fallbacks: rules(settings.fallbacks.contextWindow),
    content_policy_fallbacks: rules(settings.fallbacks.contentPolicy),
    default_fallbacks: settings.fallbacks.defaults?.map(({ model }) => model) ?? null,
    allowed_fails: settings.allowedFails ?? null,
    cooldown_time: seconds(settings.cooldownMs),
    retry_after: seconds(settings.retryAfterMs),
    model_group_alias: Object.fromEntries([...table.aliases.values()].map(({ name, target }) => [name, target])),
    enable_pre_call_checks: settings.enablePreCallChecks,
    enable_tag_filtering: settings.enableTagFiltering,
    tag_filtering_match_any: settings.tagFilteringMatchAny,
    disable_cooldowns: settings.disableCooldowns,
    enforce_limits: settings.enforceLimits,
    queue_timeout: seconds(settings.queueTimeoutMs),
    fallback_after: seconds(settings.fallbackAfterMs),
    stream_idle_timeout: seconds(settings.streamIdleTimeoutMs),
    deadline: seconds(settings.deadlineMs),
    hedge: settings.hedge,
    stream_recovery: settings.streamRecovery,
    stream_recovery_max_prompt_tokens: settings.streamRecoveryMaxPromptTokens,
  };
}

function shownArgs({ ttlMs, lowestLatencyBuffer, maxLatencyListSize, ttftPercentile }: StrategyArgs): unknown {
  return {
    ttl: ttlMs / MS_PER_S,
    lowest_latency_buffer: lowestLatencyBuffer,
    max_latency_list_size: maxLatencyListSize,
    ttft_percentile: ttftPercentile ?? null,
  };
}
