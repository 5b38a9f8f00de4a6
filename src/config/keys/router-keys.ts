// The keys of `router_settings`: LiteLLM 1.106's constructor parameters and Loadstone's own settings (DESIGN 7).
import { honoured, mapped, notSupported } from './key-spec.ts';
import type { KeyTable } from './key-spec.ts';

export const ROUTER_KEYS: KeyTable = new Map([
  ...honoured({
    count: ['num_retries', 'max_fallbacks', 'allowed_fails', 'default_max_parallel_requests', 'redis_port', 'redis_db'],
    number: ['default_priority'],
    seconds: [
      'retry_after',
      'cooldown_time',
      'timeout',
      'stream_timeout',
      'deployment_affinity_ttl_seconds',
      'health_check_staleness_threshold',
    ],
    boolean: [
      'disable_cooldowns',
      'enable_weighted_failover',
      'enable_tag_filtering',
      'tag_filtering_match_any',
      'enable_pre_call_checks',
      'enable_health_check_routing',
      'health_check_ignore_transient_errors',
    ],
    text: [
      'routing_strategy',
      'tag_routing_prefix',
      'redis_url',
      'redis_host',
      'redis_port',
      'redis_password',
      'redis_db',
    ],
    list: ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'routing_groups'],
    texts: ['default_fallbacks', 'background_health_check_model_groups'],
    map: [
      'model_group_alias',
      'default_litellm_params',
      'routing_strategy_args',
      'retry_policy',
      'model_group_retry_policy',
      'allowed_fails_policy',
      'provider_budget_config',
      'model_group_affinity_config',
      'cache_kwargs',
    ],
  }),
  ...mapped({
    enforce_limits: ['boolean', 'Loadstone: false makes rpm and tpm weights only'],
    queue_timeout: ['seconds', 'Loadstone: longest wait for a unit of a limit'],
    polling_interval: ['seconds', 'a request is woken when its turn comes; nothing polls'],
    fallback_after: ['seconds', 'Loadstone: a wait comes before a fallback only if it is at most this long'],
    stream_idle_timeout: ['seconds', 'Loadstone: longest silence between two events of a stream'],
    deadline: ['seconds', 'Loadstone: bounds the whole request'],
    stream_recovery: ['text', 'Loadstone: off ends a stream that breaks with an error; auto goes on with it elsewhere'],
    hedge: ['text', 'Loadstone: off never lets a second attempt race a silent stream, group never one of a fallback'],
    stream_recovery_max_prompt_tokens: ['count', 'Loadstone: a larger prompt is not sent again for a broken stream'],
    optional_pre_call_checks: ['texts', 'limits, budgets and response ids are always checked; what is not is named'],
    redis_username: ['text', 'user of the Redis'],
    redis_ssl: ['boolean', 'TLS to the Redis'],
    redis_namespace: ['text', 'instances share limits within one namespace'],
    set_verbose: ['boolean', 'use --debug'],
    debug_level: ['text', 'use --debug or --detailed_debug'],
    client_ttl: ['seconds', 'connections are kept per origin; there is no client cache'],
    ignore_invalid_deployments: ['boolean', 'invalid deployments are always left out with a warning'],
    router_general_settings: ['map', 'ignored, as LiteLLM does in a config file'],
    model_list: ['any', 'ignored, as LiteLLM does: it belongs at the top level'],
    search_tools: ['any', 'ignored, as LiteLLM does in this section'],
    assistants_config: ['any', 'ignored, as LiteLLM does in this section'],
    fallback_access_check: ['any', 'ignored, as LiteLLM does in a config file'],
    fallback_budget_check: ['any', 'ignored, as LiteLLM does in a config file'],
    auto_router_capability_limit: ['any', 'ignored, as LiteLLM does in a config file'],
  }),
  ...notSupported({
    'answers are not cached': ['cache_responses', 'caching_groups'],
    'no alerts are sent': ['alerting_config'],
    'guardrails are not run': ['guardrail_list'],
    'plug-ins in Python cannot run here': ['plugins'],
  }),
]);

/** `routing_strategy_args`; those of strategies that do not exist here are named as such. */
export const STRATEGY_ARG_KEYS: KeyTable = new Map([
  ...honoured({
    seconds: ['ttl'],
    amount: ['lowest_latency_buffer', 'ttft_percentile'],
    count: ['max_latency_list_size'],
  }),
  ...notSupported({
    'there is no strategy lar1': [
      'confidence_threshold_low',
      'confidence_threshold_medium',
      'confidence_threshold_high',
    ],
  }),
]);

/** An item of `routing_groups`. */
export const ROUTING_GROUP_KEYS: KeyTable = new Map(
  honoured({
    text: ['group_name', 'routing_strategy'],
    texts: ['models'],
    map: ['routing_strategy_args', 'model_priorities'],
  }),
);

/** 1.106 refuses to start with these under `router_settings`. */
export const KEYS_OF_GENERAL_SETTINGS = ['health_check_interval', 'health_check_concurrency'];
