// A deployment as the routing core sees it: only what a decision needs. How to call it (address, key, fixed
// parameters) is the provider's business and lives outside the core, in an array with the same index.
import type { DeploymentIndex, Millis } from './units.ts';

/** `response_format.type` of a request, as far as deployments differ in it. */
export type ResponseFormat = 'json_object' | 'json_schema';

/** Limits of one deployment; `undefined` is no limit. Requests and tokens per minute, and requests at one time. */
export interface Limits {
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  readonly itpm: number | undefined;
  readonly otpm: number | undefined;
  readonly maxParallelRequests: number | undefined;
}

/** Why a deployment with `model_info.blocked` is out of rotation: somebody wants it so, nothing is missing. */
export const BLOCKED = 'blocked by model_info.blocked';
/** So many failures of one class within 60 s are still allowed (`allowed_fails_policy`). */
export interface FailLimit {
  /** LiteLLM's exception class without the module. */
  readonly exceptionClass: string;
  readonly allowedFails: number;
  /** It stands in the deployment's own `model_info`: then it counts even failures that are the request's own fault. */
  readonly isOwn: boolean;
}

/** One `model_list` entry. */
export interface Deployment {
  readonly index: DeploymentIndex;
  /** `model_info.id`, else the SHA-256 of group and parameters. Two identical entries share an id. */
  readonly id: string;
  /** `model_name`: the model group it belongs to. */
  readonly group: string;
  /** Provider name as LiteLLM spells it: `azure`, `openai`, `huggingface`, ... */
  readonly provider: string;
  /** `litellm_params.model` as written: `azure/gpt-turbo-small-eu`. */
  readonly litellmModel: string;
  /** The model name sent upstream (no provider prefix); may hold `*` for a wildcard deployment. */
  readonly upstreamModel: string;
  /** `model_name` contains `*`. */
  readonly isWildcard: boolean;
  /** Why this deployment never gets traffic (a placeholder, an unset variable, a block), or `undefined`. */
  readonly outOfRotation: string | undefined;
  /** simple-shuffle weight; beats rpm, which beats tpm. */
  readonly weight: number | undefined;
  readonly limits: Limits;
  /** Lower is preferred; `undefined` comes last. */
  readonly order: number | undefined;
  readonly tags: readonly string[];
  readonly region: string | undefined;
  /** Bounds one attempt. */
  readonly timeoutMs: Millis | undefined;
  readonly streamTimeoutMs: Millis | undefined;
  /** The same for requests with this `service_tier`; before the two above. */
  readonly timeoutByTierMs: ReadonlyMap<string, Millis> | undefined;
  readonly streamTimeoutByTierMs: ReadonlyMap<string, Millis> | undefined;
  readonly numRetries: number | undefined;
  /** Fixed open time of the breaker; 0 = never open; `undefined` = the router's. */
  readonly cooldownMs: Millis | undefined;
  /** `model_info.allowed_fails`: before the router's. */
  readonly allowedFails: number | undefined;
  /** Its own and the router's, at most one a class. */
  readonly failLimits: readonly FailLimit[];
  /** Largest prompt in tokens, from `model_info` or the model table. */
  readonly maxInputTokens: number | undefined;
  /** Goes on from an assistant message that is last in the request, instead of answering it. */
  readonly continuesPrefill: boolean;
  /** Its model thinks before it answers: the first content may be long in coming. */
  readonly isReasoning: boolean;
  /** US dollars per token, from the config or the model table. */
  readonly inputCostPerToken: number | undefined;
  readonly outputCostPerToken: number | undefined;
  /** `tag_regex`, held against `User-Agent: <value>`. */
  readonly tagPatterns: readonly RegExp[];
  /** Tags that nobody can satisfy may be passed over for this one's group (`model_info.allow_fail_open`). */
  readonly allowFailOpen: boolean;
  /** Output formats that it is known not to give, and that are not dropped for it. */
  readonly refusedFormats: readonly ResponseFormat[];
}
