// The keys of one `model_list` entry, its `litellm_params` and its `model_info`. Any other key of `litellm_params` is a
// default parameter of the call, and any other key of `model_info` is shown in the listings: neither is an error.
import { honoured, mapped, notSupported } from './key-spec.ts';
import type { KeyTable } from './key-spec.ts';

export const ENTRY_KEYS: KeyTable = new Map([
  ...honoured({ text: ['model_name'], map: ['litellm_params', 'model_info'], amount: ['rpm', 'tpm'] }),
]);

/** Read by the router, not by the provider: they never become parameters of a call. */
export const ROUTER_ONLY_PARAMS: ReadonlySet<string> = new Set([
  'rpm', 'tpm', 'itpm', 'otpm', 'max_parallel_requests', 'weight', 'order', 'timeout', 'stream_timeout',
  'request_timeout', 'max_retries', 'num_retries', 'cooldown_time', 'tags', 'tag_regex', 'max_budget',
  'budget_duration', 'litellm_credential_name', 'input_cost_per_token', 'output_cost_per_token',
  'input_cost_per_second', 'output_cost_per_second', 'use_in_pass_through', 'use_litellm_proxy', 'use_xai_oauth',
  'merge_reasoning_content_in_choices', 'allow_client_keepalive_override', 'keepalive_seconds', 'silent_model',
  'timeout_by_service_tier', 'stream_timeout_by_service_tier', 'max_file_size_mb', 'auto_router_config',
  'auto_router_config_path', 'auto_router_default_model', 'auto_router_embedding_model', 'complexity_router_config',
  'complexity_router_default_model', 'cache_control_injection_points', 'show_in_models',
]);

export const PARAM_KEYS: KeyTable = new Map([
  ...honoured({
    text: [
      'model', 'custom_llm_provider', 'api_key', 'api_base', 'base_url', 'api_version', 'region_name', 'base_model',
      'litellm_credential_name', 'azure_ad_token', 'tenant_id', 'client_id', 'client_secret', 'azure_username',
      'azure_password', 'azure_scope', 'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token',
      'aws_region_name', 'aws_role_name', 'aws_session_name', 'aws_profile_name', 'aws_bedrock_runtime_endpoint',
      'vertex_project', 'vertex_location', 'watsonx_region_name', 'ssl_verify', 'ssl_certificate', 'project', 'user', 'reasoning_effort',
      'service_tier',
    ],
    any: ['organization', 'vertex_credentials', 'mock_response', 'stop', 'response_format', 'tool_choice', 'thinking'],
    amount: ['rpm', 'tpm', 'itpm', 'otpm', 'weight', 'input_cost_per_token', 'output_cost_per_token'],
    count: ['max_parallel_requests', 'num_retries'],
    number: ['order'],
    seconds: ['timeout', 'stream_timeout', 'request_timeout', 'cooldown_time'],
    texts: ['tags', 'additional_drop_params', 'allowed_openai_params'],
    boolean: ['drop_params'],
    map: ['extra_headers', 'headers', 'extra_body'],
    list: ['tools', 'configurable_clientside_auth_params'],
  }),
  ...mapped({
    max_retries: ['any', 'only the router retries: use num_retries'],
    input_cost_per_second: ['number', 'spend is not counted'],
    output_cost_per_second: ['number', 'spend is not counted'],
    merge_reasoning_content_in_choices: ['boolean', 'reasoning is passed on as it comes'],
    use_litellm_proxy: ['boolean', 'write litellm_proxy/<model> as the model'],
    use_in_pass_through: ['boolean', 'other paths are not passed through'],
    show_in_models: ['boolean', 'every model of the config is listed'],
  }),
  ...notSupported({
    'tags are compared with tags only': ['tag_regex'],
    'spend is not counted, no budget is enforced': ['max_budget', 'budget_duration'],
    'requests are not mirrored': ['silent_model'],
    'timeout applies to every tier': ['timeout_by_service_tier', 'stream_timeout_by_service_tier'],
    'only mock_response is answered': ['mock_timeout', 'mock_delay', 'mock_tool_calls'],
    'idle streams are kept open by comments every 25 s until content comes': [
      'keepalive_seconds', 'allow_client_keepalive_override',
    ],
    'automatic choice of a model does not exist': [
      'auto_router_config', 'auto_router_config_path', 'auto_router_default_model', 'auto_router_embedding_model',
      'complexity_router_config', 'complexity_router_default_model',
    ],
    'requests are not rewritten': ['cache_control_injection_points', 'prompt_id', 'prompt_variables', 'prompt_label'],
    'guardrails are not run': ['guardrails'],
    'sign in with an account is not possible': ['use_xai_oauth'],
  }),
]);

/** Default parameters of a call that are known by name, so that they are not taken for misspelt keys. */
export const CALL_PARAMS: ReadonlySet<string> = new Set([
  'temperature', 'top_p', 'top_k', 'n', 'max_tokens', 'max_completion_tokens', 'presence_penalty', 'frequency_penalty',
  'logit_bias', 'seed', 'logprobs', 'top_logprobs', 'stream', 'stream_options', 'functions', 'function_call',
  'parallel_tool_calls', 'modalities', 'audio', 'metadata', 'store', 'prediction', 'dimensions', 'encoding_format',
  'verbosity', 'reasoning', 'think', 'num_ctx', 'repetition_penalty', 'min_p', 'safety_identifier', 'web_search_options',
  'system_prompt', 'space_id', 'project_id', 'deployment_id', 'input_type', 'voice', 'size', 'quality', 'max_new_tokens',
  'context_window', 'prompt_cache_key', 'messages', 'input', 'prompt', 'extra_query', 'keep_alive', 'provider', 'plugins', 'transforms', 'models', 'include_reasoning', 'region',
]);

export const INFO_KEYS: KeyTable = new Map([
  ...honoured({
    text: ['id', 'mode', 'base_model', 'health_check_model', 'tier'],
    count: ['max_tokens', 'max_input_tokens', 'max_output_tokens'],
    amount: ['input_cost_per_token', 'output_cost_per_token'],
    boolean: ['blocked', 'db_model', 'disable_background_health_check'],
    number: ['order'],
    seconds: ['cooldown_time', 'health_check_timeout'],
    texts: ['supported_environments'],
  }),
  ...mapped({
    rpm: ['amount', 'a limit where neither the entry nor litellm_params has one'],
    tpm: ['amount', 'a limit where neither the entry nor litellm_params has one'],
    access_groups: ['any', 'shown in the listings; there are no virtual keys to restrict'],
  }),
  ...notSupported({
    'allowed_fails of the router applies': ['allowed_fails', 'allowed_fails_policy'],
    'there are no teams': ['team_id', 'team_public_model_name', 'access_windows'],
    'an open breaker lets one probe through in any case': ['allow_fail_open'],
    'enable_tag_filtering of the router applies': ['enable_tag_filtering'],
  }),
]);
