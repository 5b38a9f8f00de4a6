// What one client request asks of the router, read once from body and headers and never changed afterwards.
import type { ResponseFormat } from './deployment.ts';
import type { StickyKeys } from './affinity/affinity-settings.ts';
import type { ClassNumbers } from './class-numbers.ts';
import type { FallbackRule, FallbackTarget, StrategyArgs, StrategyName } from './routing-table.ts';
import type { DeploymentIndex, Millis } from './units.ts';

/** A list that the client sent in the body: LiteLLM's two forms. */
export type ClientFallbacks =
  | { readonly kind: 'targets'; readonly targets: readonly FallbackTarget[] } // ["a", "b"] or [{"model": "a", ...}]: any error, any group
  | { readonly kind: 'rules'; readonly rules: readonly FallbackRule[] }; // [{"group": ["a"]}]: looked up by group, as in the config

/** `mock_testing_*` flags: a failure raised before any deployment is reached, once per request. */
export type MockFailure = 'rate_limit' | 'fallbacks' | 'context_window' | 'content_policy';

/** How a request wants its deployments chosen (`router_settings_override`); what it does not say is the config's. */
export interface RequestRouting {
  readonly strategy: StrategyName | undefined;
  readonly strategyArgs: Partial<StrategyArgs>;
  /** By model group, then by deployment id. */
  readonly weights: ReadonlyMap<string, ReadonlyMap<string, number>> | undefined;
  /** Other names for models, of this request alone. */
  readonly aliases: ReadonlyMap<string, string> | undefined;
  /** true: tags count although the config does not say so. */
  readonly enableTagFiltering: boolean;
}

export interface RequestIntent {
  /** The model that the client asked for (body, path, CLI or general settings, already decided). */
  readonly model: string;
  readonly stream: boolean;
  /** Estimate of the prompt in tokens, at least 1. */
  readonly promptTokens: number;
  /** `max_tokens` or `max_completion_tokens` of the request. */
  readonly maxTokens: number | undefined;
  readonly numRetries: number | undefined;
  /** `router_settings_override.model_group_retry_policy`: before the config's. */
  readonly groupRetryPolicies: ReadonlyMap<string, ClassNumbers> | undefined;
  /** `service_tier` of the body: deployments may have timeouts for it. */
  readonly serviceTier: string | undefined;
  readonly timeoutMs: Millis | undefined;
  readonly streamTimeoutMs: Millis | undefined;
  readonly fallbacks: ClientFallbacks | undefined;
  readonly contextWindowFallbacks: ClientFallbacks | undefined;
  readonly contentPolicyFallbacks: ClientFallbacks | undefined;
  readonly disableFallbacks: boolean;
  readonly maxFallbacks: number | undefined;
  readonly tags: readonly string[];
  readonly mockFailure: MockFailure | undefined;
  readonly routing: RequestRouting | undefined;
  /** The request may go to this deployment only (a response id that carries it). */
  readonly pinned: DeploymentIndex | undefined;
  /** The caller brought the credentials, the address or the answer: nothing that happens is a health sample. */
  readonly callerCredentials: boolean;
  /** Once its bytes were written nothing may be retried (`background` responses). */
  readonly retryUnsafe: boolean;
  /** It asks the model to think first (`reasoning_effort` and its kin). */
  readonly asksReasoning: boolean;
  /** It brings an answer of its own (`mock_response` and its kin). */
  readonly isMocked: boolean;
  /** Place among the requests that wait for a limit: lower is served first; `undefined` = the config's default. */
  readonly priority: number | undefined;
  /** Only deployments of this region (`allowed_model_region`); read with `enable_pre_call_checks` only. */
  readonly allowedRegion: string | undefined;
  /** Read with `enable_pre_call_checks` only. */
  readonly responseFormat: ResponseFormat | undefined;
  /** The caller's `User-Agent`; read only where a deployment has a `tag_regex`. */
  readonly userAgent: string | undefined;
  /** By what the request is recognised; read only where requests stick. */
  readonly sticky: StickyKeys | undefined;
}

/** What is decided before the body's fields are read. */
export interface IntentBasics {
  readonly model: string;
  readonly stream: boolean;
  /** 0 for endpoints that generate no text; else `undefined`, until the body says. */
  readonly maxTokens: number | undefined;
}

/** A request that asks for nothing special: every field at its default. */
export function plainIntent({ model, stream, maxTokens }: IntentBasics, promptTokens: number): RequestIntent {
  return {
    model,
    stream,
    promptTokens,
    maxTokens,
    numRetries: undefined,
    groupRetryPolicies: undefined,
    serviceTier: undefined,
    timeoutMs: undefined,
    streamTimeoutMs: undefined,
    fallbacks: undefined,
    contextWindowFallbacks: undefined,
    contentPolicyFallbacks: undefined,
    disableFallbacks: false,
    maxFallbacks: undefined,
    tags: [],
    mockFailure: undefined,
    routing: undefined,
    pinned: undefined,
    callerCredentials: false,
    retryUnsafe: false,
    asksReasoning: false,
    isMocked: false,
    priority: undefined,
    allowedRegion: undefined,
    responseFormat: undefined,
    userAgent: undefined,
    sticky: undefined,
  };
}
