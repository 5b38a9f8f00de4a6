// Every flag of the command line as data: LiteLLM's, so that a changed command is the only change, and our own few. What
// LiteLLM has and Loadstone needs not is listed as well: it is accepted, and the notice says why nothing happens.

export type FlagKind = 'switch' | 'text' | 'whole' | 'number';

export interface Flag {
  readonly kind: FlagKind;
  readonly short?: string;
  /** For the help text; absent: not shown there. */
  readonly help?: string;
  /** Why the flag does nothing here. */
  readonly ignored?: string;
  /** Smallest and largest value of a number. */
  readonly range?: readonly [least: number, most: number];
}

/** Threads of one process. */
export const MOST_WORKERS = 1024;

const WORKERS = 'Loadstone runs its own server';
const LATER = 'this part of LiteLLM is not supported';
const DATABASE = 'Loadstone has no database';

const ignored = (kind: FlagKind, reason: string): Flag => ({ kind, ignored: reason });

/** Flags by name, with underscores as LiteLLM spells them; dashes are accepted in their place. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  config: { kind: 'text', short: 'c', help: 'FILE  the config to serve, as LiteLLM reads it (env CONFIG_FILE_PATH)' },
  host: {
    kind: 'text',
    help: 'HOST  address to listen on (env HOST; default 0.0.0.0 with a strong master_key, else 127.0.0.1)',
  },
  port: { kind: 'text', help: 'PORT  port to listen on (env PORT; default 4000)' },
  model: { kind: 'text', short: 'm', help: 'MODEL  serve this one model without a config' },
  alias: { kind: 'text', help: 'NAME  name to show for --model' },
  api_base: { kind: 'text', help: 'URL  base of --model' },
  api_version: { kind: 'text', help: 'VERSION  Azure api-version of --model' },
  temperature: { kind: 'number', help: 'N  default for --model' },
  max_tokens: { kind: 'whole', help: 'N  default for --model', range: [1, Number.MAX_SAFE_INTEGER] },
  request_timeout: { kind: 'number', help: 'SECONDS  limit of one attempt of --model', range: [0, Number.MAX_VALUE] },
  drop_params: { kind: 'switch', help: 'drop parameters that the provider of --model does not know' },
  num_workers: { kind: 'whole', help: 'N  threads that serve (env NUM_WORKERS; default 1)', range: [1, MOST_WORKERS] },
  watch: { kind: 'switch', help: 'reload the config when one of its files changes (SIGHUP does it in any case)' },
  debug: { kind: 'switch', help: 'log decisions (env DEBUG=true)' },
  detailed_debug: { kind: 'switch', help: 'log everything but secrets (env DETAILED_DEBUG=true)' },
  test: { kind: 'switch', help: 'send a test request to a running proxy (--host, --port, --model)' },
  health: { kind: 'switch', help: 'ask a running proxy for the health of its deployments' },
  validate_config: { kind: 'switch', help: 'check the config and exit' },
  version: { kind: 'switch', short: 'v', help: 'print the version' },
  help: { kind: 'switch', short: 'h', help: 'print this' },
  ssl_keyfile_path: { kind: 'text', help: 'FILE  private key: serve HTTPS' },
  ssl_certfile_path: { kind: 'text', help: 'FILE  certificate: serve HTTPS' },
  keepalive_timeout: { kind: 'number', help: 'SECONDS  how long idle client connections stay', range: [0, 86_400] },
  json: { kind: 'switch', help: 'check, explain: print JSON' },
  path: { kind: 'text', help: 'PATH  explain: where the request goes (default /v1/chat/completions)' },
  header: { kind: 'text', help: 'NAME:VALUE  explain: a header of the request (repeatable)' },
  fault: { kind: 'text', help: 'MODEL:WORDS  fake-provider: a fault, e.g. "*:latency=200" (repeatable)' },
  vendor: { kind: 'text', help: 'VENDOR  fake-provider: who answers on paths that several vendors have' },
  answers: { kind: 'text', help: 'STYLE  fake-provider: deterministic, sampled or introduction' },
  telemetry: ignored('text', 'Loadstone sends no telemetry'),
  use_queue: ignored('switch', 'requests are queued when a limit makes them wait'),
  local: ignored('switch', 'it does nothing in LiteLLM either'),
  save: ignored('switch', LATER),
  headers: ignored('text', 'use extra_headers in the config'),
  add_key: ignored('text', 'set the key in the environment or in the config'),
  add_function_to_prompt: ignored('switch', LATER),
  max_budget: ignored('number', LATER),
  test_async: ignored('switch', LATER),
  num_requests: ignored('whole', LATER),
  log_config: ignored('text', 'Loadstone logs JSON lines on its own'),
  setup: ignored('switch', LATER),
  skip_server_startup: ignored('switch', LATER),
  run_gunicorn: ignored('switch', WORKERS),
  run_hypercorn: ignored('switch', WORKERS),
  run_granian: ignored('switch', WORKERS),
  granian_threads: ignored('whole', WORKERS),
  ciphers: ignored('text', 'the ciphers of Node.js are used'),
  timeout_worker_healthcheck: ignored('number', WORKERS),
  max_requests_before_restart: ignored('whole', 'there is nothing that a restart would cure'),
  max_requests_before_restart_jitter: ignored('whole', 'there is nothing that a restart would cure'),
  limit_concurrency: ignored('whole', 'use max_parallel_requests in the config'),
  reload: ignored('switch', 'use --watch, or send SIGHUP'),
  iam_token_db_auth: ignored('switch', DATABASE),
  azure_postgresql_auth: ignored('switch', DATABASE),
  use_prisma_db_push: ignored('switch', DATABASE),
  use_prisma_migrate: ignored('switch', DATABASE),
  use_legacy_migration_resolver: ignored('switch', DATABASE),
  enforce_prisma_migration_check: ignored('switch', DATABASE),
  prometheus_metrics_port: ignored('whole', 'metrics are served at /metrics'),
};
