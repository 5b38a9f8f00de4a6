// The keys of a block that names a Redis: `router_settings.cache_kwargs`, `general_settings.coordination_redis` and
// `litellm_settings.cache_params`. They are the arguments of LiteLLM's Redis client.
import { honoured, mapped, notSupported } from './key-spec.ts';
import type { KeyTable } from './key-spec.ts';

export const REDIS_KEYS: KeyTable = new Map([
  ...honoured({
    text: [
      'url',
      'host',
      'port',
      'db',
      'password',
      'username',
      'service_name',
      'sentinel_password',
      'ssl_ca_certs',
      'ssl_certfile',
      'ssl_keyfile',
      'ssl_cert_reqs',
      'namespace',
    ],
    boolean: ['ssl', 'ssl_check_hostname'],
    any: ['startup_nodes', 'redis_startup_nodes', 'sentinel_nodes'],
  }),
  ...mapped({
    type: ['text', 'only redis is read'],
    socket_timeout: ['any', 'no request waits for Redis longer than 50 ms'],
    socket_connect_timeout: ['any', 'no request waits for a connection'],
    max_connections: ['any', 'one connection is enough'],
    retry_on_timeout: ['any', 'the loop asks again'],
    health_check_interval: ['any', 'the loop notices'],
    socket_keepalive: ['any', 'always on'],
    decode_responses: ['any', 'no effect'],
    redis_flush_size: ['any', 'no effect'],
  }),
  ...notSupported({
    'a password is needed: the identity of a cloud is not used to sign in': [
      'gcp_service_account',
      'gcp_ssl_ca_certs',
      'azure_redis_ad_token',
      'aws_iam_auth',
      'credential_provider',
    ],
    'answers are not cached': [
      'ttl',
      'mode',
      'default_in_memory_ttl',
      'default_in_redis_ttl',
      'default_redis_batch_cache_expiry',
      'supported_call_types',
      'similarity_threshold',
      'redis_semantic_cache_embedding_model',
      'redis_semantic_cache_index_name',
    ],
  }),
]);
