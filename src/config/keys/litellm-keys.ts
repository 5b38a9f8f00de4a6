// The keys of `litellm_settings`. LiteLLM assigns every key of this section to a global, known or not; these are the
// ones that mean something to its proxy.
import { honoured, mapped, notSupported } from './key-spec.ts';
import type { KeyTable } from './key-spec.ts';

export const LITELLM_KEYS: KeyTable = new Map([
  ...honoured({
    count: ['num_retries', 'num_retries_per_request', 'max_fallbacks', 'allowed_fails'],
    seconds: ['request_timeout'],
    boolean: [
      'drop_params',
      'json_logs',
      'set_verbose',
      'expose_router_debug_in_errors',
      'always_include_stream_usage',
      'require_auth_for_metrics_endpoint',
    ],
    list: ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'],
    texts: ['default_fallbacks'],
    map: ['tag_budget_config'],
    text: ['ssl_verify', 'ssl_certificate'],
  }),
  ...mapped({
    telemetry: ['boolean', 'nothing is ever sent'],
    turn_off_message_logging: ['boolean', 'message content is never logged'],
    log_raw_request_response: ['boolean', 'message content is never logged'],
    redact_user_api_key_info: ['boolean', 'keys are never logged'],
    disable_end_user_cost_tracking: ['boolean', 'spend is not counted by user'],
    disable_end_user_cost_tracking_prometheus_only: ['boolean', 'spend is not counted by user'],
    suppress_debug_info: ['boolean', 'there is no such output'],
    force_ipv4: ['boolean', 'addresses are tried as the system orders them'],
    disable_spend_logs: ['boolean', 'spend is not logged'],
    disable_admin_ui: ['boolean', 'there is no such page'],
    prometheus_initialize_budget_metrics: ['boolean', 'what is left of budgets is in /metrics'],
    langfuse_default_tags: ['list', 'nothing is sent to langfuse'],
    cache_params: ['map', 'its Redis shares limits between instances; answers are not cached'],
    timezone: ['text', 'a budget begins with its first spend, not at midnight'],
  }),
  ...notSupported({
    'answers are not cached': [
      'cache',
      'cache_responses',
      'cache_kwargs',
      'cache_type',
      'enable_redis_auth_cache',
      'default_in_memory_ttl',
      'default_redis_ttl',
      'enable_caching_on_provider_specific_optional_params',
    ],
    'nothing is sent to it; requests are in the log and in /metrics': [
      'callbacks',
      'success_callback',
      'failure_callback',
      'service_callback',
      'input_callback',
      'audit_log_callbacks',
      's3_callback_params',
      's3_callback_params_v2',
      'gcs_pub_sub_use_v1',
      'datadog_params',
      'dynamodb_table_name',
      'callback_settings',
    ],
    'budgets are for providers, deployments and tags only': [
      'max_budget',
      'budget_duration',
      'max_end_user_budget',
      'max_internal_user_budget',
      'internal_user_budget_duration',
      'default_max_internal_user_budget',
      'default_internal_user_budget_duration',
      'default_end_user_params',
      'default_internal_user_params',
      'budget_exceeded_status_code',
      'extra_spend_tag_headers',
      'max_end_user_budget_id',
      'default_max_internal_user_budget_id',
    ],
    'there are no virtual keys or teams': [
      'default_key_generate_params',
      'upperbound_key_generate_params',
      'default_team_settings',
      'key_generation_settings',
      'default_team_params',
      'max_user_parallel_requests',
      'max_parallel_requests',
    ],
    'guardrails are not run': ['guardrails', 'guardrail_name_config_map', 'content_policy_config'],
    'requests are sent as they came': ['modify_params', 'add_function_to_prompt', 'reasoning_auto_summary'],
    'wildcards are listed from the model table': ['check_provider_endpoint'],
    'providers in Python cannot run here': ['custom_provider_map'],
    'one set of default parameters stands in each deployment': ['model_group_settings', 'default_fallbacks_params'],
    'MCP is not served': ['mcp_aliases', 'mcp_tool_permissions'],
    'user details are not added': ['add_user_information_to_metadata', 'add_user_information_to_llm_headers'],
    'no second port': ['prometheus_port'],
    'metrics have a fixed set of labels': ['custom_prometheus_metadata_labels', 'prometheus_metrics_config'],
    'hosts are not restricted': ['provider_url_destination_allowed_hosts'],
    'requests are not compressed or rewritten': [
      'enable_preview_features',
      'public_model_groups',
      'forward_traceparent_to_llm_provider',
    ],
  }),
]);

/** Callbacks that are served without being sent anywhere. */
export const BUILT_CALLBACKS: ReadonlySet<string> = new Set(['prometheus']);

/** Keys whose value is a list of callback names. */
export const CALLBACK_LISTS: ReadonlySet<string> = new Set([
  'callbacks',
  'success_callback',
  'failure_callback',
  'service_callback',
  'input_callback',
]);
