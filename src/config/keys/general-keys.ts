// The keys of `general_settings`, and the sections at the top level of the file.
import { honoured, mapped, notSupported } from './key-spec.ts';
import type { KeyTable } from './key-spec.ts';

export const GENERAL_KEYS: KeyTable = new Map([
  ...honoured({
    text: [
      'master_key', 'litellm_key_header_name', 'completion_model', 'embedding_model', 'image_generation_model',
      'moderation_model',
    ],
    boolean: [
      'forward_client_headers_to_llm_api', 'dangerously_allow_mock_testing_request_params',
      'expose_fallback_errors_to_caller', 'include_call_id_in_error_body', 'allow_public_health_readiness_details',
      'background_health_checks', 'always_include_stream_usage',
    ],
    seconds: ['health_check_interval'],
  }),
  ...mapped({
    max_request_size_mb: ['amount', 'the limit on a request body, in megabytes'],
    shutdown_grace: ['seconds', 'Loadstone: how long running requests may take after SIGTERM'],
    dangerously_permit_weak_or_unset_master_key: [
      'boolean', 'not needed: without a strong key only the loopback interface is served unless --host says more',
    ],
    cancel_on_disconnect: ['boolean', 'a client that leaves always cancels its upstream call'],
    infer_model_from_keys: ['boolean', 'keys from the environment add no models'],
    disable_master_key_return: ['boolean', 'the key is never returned'],
    health_check_details: ['boolean', 'details are shown to whoever has the key'],
    disable_spend_logs: ['boolean', 'spend is not counted'],
    disable_error_logs: ['boolean', 'errors are logged to the console only'],
    disable_reset_budget: ['boolean', 'spend is not counted'],
    disable_adding_users: ['boolean', 'there are no users'],
    disable_master_key_hashing: ['boolean', 'the key is not stored'],
    proxy_base_url: ['text', 'there is no page that needs it'],
    disable_retry_on_max_parallel_request_limit_error: ['boolean', 'such a refusal goes to another deployment'],
  }),
  ...notSupported({
    'there is no database: no virtual keys, teams, users or stored models': [
      'database_url', 'database_connection_pool_limit', 'database_connection_timeout', 'database_type', 'database_args',
      'store_model_in_db', 'store_prompts_in_spend_logs', 'allow_user_auth', 'allow_requests_on_db_unavailable',
      'proxy_budget_rescheduler_min_time', 'proxy_budget_rescheduler_max_time', 'proxy_batch_write_at',
      'maximum_spend_logs_retention_period', 'maximum_spend_logs_retention_interval', 'use_redis_transaction_buffer',
      'default_key_generate_params', 'default_team_disabled', 'user_api_key_cache_ttl', 'enable_redis_auth_cache',
      'supported_db_objects', 'key_management_system', 'key_management_settings', 'spend_report_frequency',
      'enforce_user_param', 'reject_clientside_metadata_tags', 'user_header_name', 'user_header_mappings',
      'disable_spend_updates', 'ui_access_mode', 'allow_client_side_credentials', 'mcp_client_side_auth_header_name',
      'enforced_params', 'control_plane_url', 'token_rate_limit_type', 'role_permissions',
    ],
    'only the master key is checked': [
      'custom_auth', 'custom_auth_run_common_checks', 'enable_jwt_auth', 'litellm_jwtauth', 'enable_oauth2_auth', 'custom_sso', 'custom_ui_sso_sign_in_handler',
      'allowed_ips', 'allowed_routes', 'public_routes', 'admin_only_routes', 'service_account_settings', 'use_x_forwarded_for', 'custom_key_generate', 'disable_health_check_auth',
      'allow_requests_on_unset_api_key', 'enable_oauth2_proxy_auth', 'oauth2_config_mappings',
    ],
    'use the limits of the deployments': [
      'max_parallel_requests', 'global_max_parallel_requests', 'max_in_flight_requests_per_worker',
      'max_queued_requests_per_worker', 'admission_queue_timeout_seconds', 'fail_closed_rate_limit_enforcement',
      'max_batch_input_file_size_mb', 'rpm_limit', 'tpm_limit',
    ],
    'answers have no size limit': ['max_response_size_mb'],
    'no alerts are sent': ['alerting', 'alerting_threshold', 'alerting_args', 'alert_types', 'alert_to_webhook_url', 'alert_type_config'],
    'other paths are not passed through': ['pass_through_endpoints', 'pass_through_request_timeout'],
    'each instance counts for itself; Redis is not used': ['coordination_redis', 'use_shared_health_check'],
    'health checks do not steer routing; failures of requests do': [
      'enable_health_check_routing', 'health_check_staleness_threshold', 'background_health_check_model_groups',
      'health_check_skip_disabled_background_models', 'health_check_concurrency', 'health_check_ignore_transient_errors', 'background_health_check_max_tokens',
    ],
    'fallbacks from the config are open to every caller': ['enforce_fallback_model_access'],
    'every model of the config is listed': ['model_list_healthy_only', 'hide_models', 'return_wildcard_routes'],
    'sessions are not tracked': ['missing_session_id'],
    'tokens are not counted by the vendor\'s own counter': ['disable_token_counter', 'use_provider_token_counter'],
  }),
]);

export const TOP_LEVEL_KEYS: KeyTable = new Map([
  ...honoured({
    list: ['model_list', 'credential_list'],
    map: ['router_settings', 'litellm_settings', 'general_settings', 'environment_variables'],
    any: ['include'],
  }),
  ...notSupported({
    'nothing is sent to callbacks': ['callback_settings'],
    'guardrails are not run': ['guardrails', 'policies', 'policy_attachments'],
    'these endpoints are not served': [
      'assistant_settings', 'files_settings', 'finetune_settings', 'search_tools', 'vector_store_registry',
      'vector_store_settings', 'mcp_servers', 'mcp_tools', 'sandbox_tools', 'prompts', 'agent_list', 'video_settings',
    ],
    'set vertex_project, vertex_location and vertex_credentials on the deployments': ['default_vertex_config'],
    'spend is not counted, no budget is enforced': ['budgets'],
    'there are no virtual keys': ['default_key_generate_params'],
  }),
]);
