// The seam between the gateway and one vendor's dialect: how a deployment is addressed, authenticated and spoken to.
// A provider is pure: it turns (target, call) into an upstream request and does no I/O. What it needs from the outside
// (an Entra token) is asked for by `credential`.
import type { ByteBody, JsonBody } from '../wire/json-body.ts';
import type { Endpoint } from '../wire/endpoint.ts';

/** What the config says about calling one deployment. Holds secrets: never log or print it. */
export interface DeploymentSpec {
  /** `litellm_params` after environment references, without keys that only the router reads. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly modelInfo: Readonly<Record<string, unknown>>;
  /** Provider name as LiteLLM spells it, and the model name without it. */
  readonly provider: string;
  readonly upstreamModel: string;
  /** `drop_params` of the deployment or of `litellm_settings`. */
  readonly dropParams: boolean;
}

/** One attempt, as the gateway hands it to a provider. */
export interface ProviderCall {
  readonly endpoint: Endpoint;
  readonly stream: boolean;
  /** JSON bodies; multipart ones have `raw` instead. */
  readonly body: JsonBody | undefined;
  /** Multipart body already carrying the upstream model, with its content type. */
  readonly raw: { readonly body: ByteBody; readonly contentType: string } | undefined;
  readonly upstreamModel: string;
  /** Fields that a fallback target replaces. */
  readonly overrides: Readonly<Record<string, unknown>> | undefined;
  /** `?api-version=` of the client's URL: beats the deployment's. A body's `api_version` beats both. */
  readonly apiVersion: string | undefined;
  /** Bearer token fetched by `credential`, when the target asked for one. */
  readonly token: string | undefined;
  /** All headers of the client when `forward_client_headers_to_llm_api` is on, else none; the target chooses. */
  readonly clientHeaders: readonly string[];
}

/** An HTTP request ready to be sent. */
export interface UpstreamRequest {
  readonly origin: string;
  /** Path with query string. */
  readonly path: string;
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Flat name/value pairs, lower-case names, `content-length` included. */
  readonly headers: string[];
  readonly body: ByteBody | undefined;
}

/** The provider cannot express the request: a 400 for the client, no attempt made. */
export interface UnsupportedCall {
  readonly kind: 'unsupported';
  readonly message: string;
  readonly param: string | null;
}

/** A deployment compiled for calling. One per deployment, built at load time so that a call costs close to nothing. */
export interface ProviderTarget {
  /** Shown as `x-litellm-model-api-base`: the configured base, no query string, no credentials. */
  readonly apiBase: string;
  /** Needs a bearer token from this source before a call, or `undefined`. */
  readonly credential: CredentialRequest | undefined;
  request(call: ProviderCall): UpstreamRequest | UnsupportedCall;
  /** A call about a stored response, by the upstream's own id. */
  resource(call: ResourceRequest): UpstreamRequest;
}

/** GET, DELETE, cancel or input_items of a stored response. */
export interface ResourceRequest {
  readonly method: 'GET' | 'DELETE' | 'POST';
  readonly upstreamId: string;
  /** `''`, `/cancel` or `/input_items`. */
  readonly suffix: string;
  /** Query string, without the question mark; passed on. Its `api-version` beats the deployment's. */
  readonly query: string;
  /** As in `ProviderCall`. */
  readonly token?: string | undefined;
}

/** A token that must be fetched and cached outside the provider (Entra client credentials, managed identity). */
export interface CredentialRequest {
  readonly cacheKey: string;
  readonly url: string;
  readonly method: 'POST' | 'GET';
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>> | undefined;
}

/** Why a deployment cannot be called as configured: it is kept out of rotation and the warning says what to fill in. */
export interface TargetProblem {
  readonly kind: 'problem';
  /** Key under `litellm_params` that is to blame, for file:line:column. */
  readonly key: string;
  readonly message: string;
}

/** A vendor dialect. `env` is read at load time only (default keys and bases). */
export interface Provider {
  readonly name: string;
  compile(spec: DeploymentSpec, env: Readonly<Record<string, string | undefined>>): ProviderTarget | TargetProblem;
}
