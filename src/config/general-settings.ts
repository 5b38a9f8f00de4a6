// `general_settings` and `litellm_settings` that are not router settings: keys, limits of the server, what is shown.
import type { MapNode } from './config-node.ts';
import type { Environment } from './environment.ts';
import { booleanIn, millisIn, numberIn, textIn, textOf, booleanOf } from './read-value.ts';
import { childOf } from './config-node.ts';
import type { GeneralSettings, HealthCheckSettings, LitellmSettings } from './types.ts';

const DEFAULT_MAX_REQUEST_MB = 100;
const BYTES_PER_MB = 1_024 * 1_024;
const DEFAULT_SHUTDOWN_GRACE_MS = 60_000;
const DEFAULT_HEALTH_CHECK_INTERVAL_MS = 300_000;

/** Keys that stand in documentation: whoever finds the port knows them. */
const SAMPLE_KEYS = new Set([
  'sk-1234',
  'sk-12345',
  'sk-123456',
  'sk-12345678',
  'sk-123456789',
  'sk-master-key',
  'changeme',
]);
/** Shorter keys can be guessed over the network. */
const STRONG_KEY_CHARACTERS = 16;

/** `LITELLM_MASTER_KEY` in the environment is used when the config has none (1.106). */
export function readGeneralSettings(
  general: MapNode,
  env: Environment,
  cliModel?: string,
): Omit<GeneralSettings, keyof HealthCheckSettings> {
  const masterKey = textIn(general, 'master_key') ?? (env['LITELLM_MASTER_KEY'] || undefined);
  const isOn = (key: string): boolean => booleanIn(general, key) ?? false;
  return {
    masterKey,
    masterKeyIsStrong: isStrongKey(masterKey),
    keyHeaderName: textIn(general, 'litellm_key_header_name')?.toLowerCase(),
    cliModel,
    completionModel: textIn(general, 'completion_model'),
    embeddingModel: textIn(general, 'embedding_model'),
    imageGenerationModel: textIn(general, 'image_generation_model'),
    moderationModel: textIn(general, 'moderation_model'),
    forwardClientHeaders: isOn('forward_client_headers_to_llm_api'),
    allowMockTesting: isOn('dangerously_allow_mock_testing_request_params'),
    exposeFallbackErrors: isOn('expose_fallback_errors_to_caller'),
    includeCallIdInErrors: isOn('include_call_id_in_error_body'),
    publicReadinessDetails: isOn('allow_public_health_readiness_details'),
    backgroundHealthChecks: isOn('background_health_checks'),
    healthCheckIntervalMs: millisIn(general, 'health_check_interval') || DEFAULT_HEALTH_CHECK_INTERVAL_MS,
    maxRequestBytes: Math.round((numberIn(general, 'max_request_size_mb') || DEFAULT_MAX_REQUEST_MB) * BYTES_PER_MB),
    shutdownGraceMs: millisIn(general, 'shutdown_grace') ?? DEFAULT_SHUTDOWN_GRACE_MS,
  };
}

/** Long enough, and not one of the keys that everybody knows from the documentation. */
export function isStrongKey(key: string | undefined): boolean {
  return key !== undefined && key.length >= STRONG_KEY_CHARACTERS && !SAMPLE_KEYS.has(key);
}

/** `always_include_stream_usage` is documented in either section. */
export function readLitellmSettings(litellm: MapNode, general: MapNode, env: Environment): LitellmSettings {
  const verify = childOf(litellm, 'ssl_verify');
  return {
    jsonLogs: booleanIn(litellm, 'json_logs') ?? booleanWord(env['JSON_LOGS']),
    verbose: booleanIn(litellm, 'set_verbose') ?? false,
    exposeRouterDebugInErrors: booleanIn(litellm, 'expose_router_debug_in_errors') ?? true,
    alwaysIncludeStreamUsage:
      booleanIn(litellm, 'always_include_stream_usage') ?? booleanIn(general, 'always_include_stream_usage') ?? false,
    requireAuthForMetrics: booleanIn(litellm, 'require_auth_for_metrics_endpoint'),
    sslVerify: booleanOf(verify) ?? textOf(verify) ?? booleanWord(env['SSL_VERIFY']) ?? (env['SSL_VERIFY'] || true),
    sslCertificate: textIn(litellm, 'ssl_certificate') ?? (env['SSL_CERTIFICATE'] || undefined),
  };
}

function booleanWord(text: string | undefined): boolean | undefined {
  const word = text?.trim().toLowerCase();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : undefined;
}
