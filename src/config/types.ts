// What loading a config yields: the routing table, how to call each deployment, the settings of the server, and every
// problem found. Nothing here holds YAML any more.
import type { RoutingTable } from '../core/routing-table.ts';
import type { Mock } from '../wire/mock.ts';
import type { RedisSettings } from './redis-settings.ts';
import type { DeploymentSpec, ProviderTarget } from '../provider/types.ts';

/** One finding, printed as `file:line:column: where: what (did you mean ...)`. Never contains a secret's value. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Path of the key: `model_list[2].litellm_params.rpm`. */
  readonly where: string;
  readonly what: string;
}

/** What becomes of one key, for `loadstone check`. */
export interface KeyVerdict {
  readonly where: string;
  readonly line: number;
  readonly verdict: 'honoured' | 'mapped' | 'not supported' | 'unknown';
  /** For `mapped` and `not supported`: what it means here. */
  readonly note: string | undefined;
}

/** Of the background health checks, what stands in either section. */
export interface HealthCheckSettings {
  /** Only these groups are asked; `undefined` = all. */
  readonly healthCheckGroups: readonly string[] | undefined;
  /** A check that ends in 408 or 429 says nothing. */
  readonly ignoreTransientCheckErrors: boolean;
}

/** `general_settings`, the ones that Loadstone reads. */
export interface GeneralSettings extends HealthCheckSettings {
  readonly masterKey: string | undefined;
  /** Set, and long enough to be safe on an open network (1.106 refuses the others). */
  readonly masterKeyIsStrong: boolean;
  readonly keyHeaderName: string | undefined;
  /** `--model` of the command line: stands in for the model of every request. */
  readonly cliModel: string | undefined;
  readonly completionModel: string | undefined;
  readonly embeddingModel: string | undefined;
  readonly imageGenerationModel: string | undefined;
  readonly moderationModel: string | undefined;
  readonly forwardClientHeaders: boolean;
  readonly allowMockTesting: boolean;
  readonly exposeFallbackErrors: boolean;
  readonly includeCallIdInErrors: boolean;
  readonly publicReadinessDetails: boolean;
  readonly backgroundHealthChecks: boolean;
  readonly healthCheckIntervalMs: number;
  readonly maxRequestBytes: number;
  readonly shutdownGraceMs: number;
}

/** `litellm_settings` that are neither router defaults nor server settings. */
export interface LitellmSettings {
  readonly jsonLogs: boolean | undefined;
  readonly verbose: boolean;
  /** Model group, fallback and retry notes appended to error messages (`expose_router_debug_in_errors`, default true). */
  readonly exposeRouterDebugInErrors: boolean;
  readonly alwaysIncludeStreamUsage: boolean;
  /** `undefined`: the key is asked for where there is one. */
  readonly requireAuthForMetrics: boolean | undefined;
  readonly sslVerify: boolean | string;
  readonly sslCertificate: string | undefined;
}

/** One deployment with all that is known about calling and showing it. Index equals the routing table's. */
export interface ConfiguredDeployment {
  readonly spec: DeploymentSpec;
  /** `undefined` when it is out of rotation, or mocked without an address or a key. */
  readonly target: ProviderTarget | undefined;
  /** The answer that it gives instead of asking its provider. */
  readonly mock: Mock | undefined;
  /** Groups that get a copy of each request which is sent here (`silent_model`). */
  readonly mirrors: readonly string[];
  /** For listings: `litellm_params` without secrets, as 1.106 shows them. */
  readonly shownParams: Readonly<Record<string, unknown>>;
  /** For listings: `model_info` with id, db_model and what the model table knows. */
  readonly shownInfo: Readonly<Record<string, unknown>>;
  /** For listings: `rpm` and `tpm` that stand beside `litellm_params` instead of in it. */
  readonly shownEntry: Readonly<Record<string, unknown>>;
}

export interface GatewayConfig {
  readonly file: string | undefined;
  /** Every file that was read: the config and what it includes. */
  readonly files: readonly string[];
  /** What was read, by path, the config itself first: the same texts make the same config in another thread. */
  readonly texts: ReadonlyMap<string, string>;
  /** The environment with `environment_variables` laid over it (proxies, TLS files). Holds secrets: never print it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly table: RoutingTable;
  readonly deployments: readonly ConfiguredDeployment[];
  readonly general: GeneralSettings;
  readonly litellm: LitellmSettings;
  /** Over which instances share their limits; `undefined` = each counts for itself. Holds a secret. */
  readonly redis: RedisSettings | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly verdicts: readonly KeyVerdict[];
}
