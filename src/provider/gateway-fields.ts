// Body members that are addressed to the gateway and never reach a provider, and config parameters that say how to call
// one instead of what to ask. Data, in one place, because the data plane, the config and every provider go by it.

/**
 * Members of a request body that only the gateway reads (LiteLLM 10.10; which of them reach an upstream was observed:
 * golden a34, a60, d26). Most mean nothing here; they are still cut, since providers refuse what they do not know.
 */
export const GATEWAY_ONLY_FIELDS: ReadonlySet<string> = new Set([
  // retries, fallbacks, times
  'num_retries', 'max_retries', 'fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'max_fallbacks',
  'disable_fallbacks', 'include_fallback_errors', 'default_fallbacks', 'context_window_fallback_dict', 'timeout',
  'request_timeout', 'stream_timeout', 'cooldown_time', 'retry_policy', 'retry_strategy', 'fallback_depth',
  // routing
  'tags', 'enable_tag_filtering', 'priority', 'specific_deployment', 'user_config', 'model_list', 'model_info',
  'deployment_id', 'rpm', 'tpm', 'itpm', 'otpm', 'weight', 'order', 'max_parallel_requests', 'region_name',
  'allowed_model_region', 'preset_cache_key', 'router_settings', 'routing_strategy', 'silent_model',
  // caching, logging, guardrails, prompts
  'cache', 'caching', 'cache_key', 'ttl', 's-maxage', 'no-log', 'no-store', 'guardrails', 'guardrail_config',
  'prompt_id', 'prompt_variables', 'prompt_label', 'verbose', 'logger_fn', 'turn_off_message_logging', 'mock_response',
  'mock_tool_calls', 'mock_timeout', 'mock_delay', 'mock_testing_fallbacks', 'mock_testing_context_fallbacks',
  'mock_testing_content_policy_fallbacks', 'mock_testing_context_window_fallbacks', 'mock_testing_rate_limit_error',
  // identity of the call
  'metadata', 'id', 'proxy_server_request', 'litellm_call_id', 'litellm_trace_id', 'litellm_session_id',
  'litellm_metadata', 'litellm_params', 'litellm_logging_obj', 'litellm_credential_name', 'litellm_parent_otel_span',
  'litellm_request_debug', 'litellm_agent_id', 'acompletion', 'aembedding', 'atext_completion', 'text_completion',
  'secret_fields', 'shared_session', 'max_agentic_loops', 'keepalive_seconds', 'missing_session_id',
  // prices
  'input_cost_per_token', 'output_cost_per_token', 'input_cost_per_second', 'output_cost_per_second', 'base_model',
  'max_budget', 'budget_duration',
  // how the call is made: read, then cut
  'api_key', 'api_base', 'base_url', 'api_version', 'organization', 'custom_llm_provider', 'headers', 'extra_headers',
  'extra_body', 'extra_query', 'drop_params', 'additional_drop_params', 'allowed_openai_params', 'modify_params',
  'client', 'hf_model_name', 'input_type_hint', 'force_timeout', 'ssl_verify', 'use_litellm_proxy',
  'azure_ad_token', 'azure_ad_token_provider', 'tenant_id', 'client_id', 'client_secret', 'azure_username',
  'azure_password', 'azure_scope', 'configurable_clientside_auth_params', 'merge_reasoning_content_in_choices',
]);

/** Parameters of a deployment that are no default parameters of a call, besides the fields above. */
const CONFIG_ONLY_PARAMS: ReadonlySet<string> = new Set([
  'model', 'project', 'stream', 'messages', 'input', 'prompt', 'tools', 'enable_azure_ad_token_refresh', 'azure_audience',
  'vertex_project', 'vertex_location', 'vertex_credentials', 'watsonx_region_name', 'ssl_certificate',
  'tgi_native', 'use_in_pass_through', 'use_xai_oauth', 'tag_regex',
]);

const CONFIG_ONLY_PREFIX = /^(aws_|litellm_)/;

/** A key of `litellm_params` that fills in a member of the request body. */
export function isDefaultParameter(key: string): boolean {
  return !GATEWAY_ONLY_FIELDS.has(key) && !CONFIG_ONLY_PARAMS.has(key) && !CONFIG_ONLY_PREFIX.test(key);
}

/** Chat parameters of the OpenAI API: other keys pass to every endpoint, these only where they mean something. */
export const OPENAI_CHAT_PARAMS: ReadonlySet<string> = new Set([
  'temperature', 'top_p', 'n', 'stop', 'max_tokens', 'max_completion_tokens', 'presence_penalty', 'frequency_penalty',
  'logit_bias', 'user', 'seed', 'tools', 'tool_choice', 'functions', 'function_call', 'response_format', 'logprobs',
  'top_logprobs', 'parallel_tool_calls', 'reasoning_effort', 'verbosity', 'modalities', 'audio', 'prediction', 'store',
  'service_tier', 'stream_options', 'web_search_options', 'thinking', 'safety_identifier', 'prompt_cache_key',
]);

/** Of those, what the Responses API takes under the same name. */
export const SHARED_WITH_RESPONSES: ReadonlySet<string> = new Set([
  'temperature', 'top_p', 'user', 'tool_choice', 'parallel_tool_calls', 'store', 'service_tier', 'safety_identifier',
  'prompt_cache_key', 'top_logprobs',
]);
