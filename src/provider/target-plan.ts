// What compiling a deployment yields before requests are built: the address, the credentials and the dialect. Vendors
// differ in how they make a plan; how a request is built from one is the same for all (planned-target.ts).
import type { Endpoint } from '../wire/endpoint.ts';
import type { CredentialRequest, DeploymentSpec, TargetProblem } from './types.ts';
import type { VendorRow } from './vendor-row.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface TargetPlan {
  readonly kind: 'plan';
  readonly dialect: VendorRow;
  /** As configured, without query and user info. */
  readonly apiBase: string;
  /** `https://host:port`. */
  readonly origin: string;
  /** Path and query. */
  pathOf(place: UpstreamPlace): string;
  /** What the body calls the model, where that is not the upstream name. */
  readonly modelName?: ((upstreamModel: string) => string) | undefined;
  /** Authentication, flat name/value pairs, lower-case names. */
  readonly headers: readonly string[];
  readonly credential: CredentialRequest | undefined;
}

export interface UpstreamPlace {
  readonly endpoint: Endpoint;
  /** `/chat/completions`, or below it: `/responses/resp_1/cancel`. */
  readonly path: string;
  readonly model: string;
  /** Of the client's URL or body. */
  readonly apiVersion: string | undefined;
}

export type PlanCompiler = (spec: DeploymentSpec, env: Environment) => TargetPlan | TargetProblem;

export interface ApiBase {
  readonly origin: string;
  /** Without trailing slashes; `''` for a bare host. */
  readonly path: string;
  /** With its question mark, or `''`. */
  readonly query: string;
  /** For people: no query, no user info; trailing slash as written. */
  readonly shown: string;
}

/** Reads a base. A slash too many never changes what is called. */
export function parseApiBase(text: string): ApiBase | TargetProblem {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return problem('api_base', 'api_base must be a URL that begins with http:// or https://');
  }
  const shown = text
    .trim()
    .replace(/[?#].*$/, '')
    .replace(/^(https?:\/\/)[^/@]*@/i, '$1');
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, ''), query: url.search, shown };
}

/** Text of a parameter; numbers and booleans count as text, null and `''` as absent. */
export function textParam(spec: DeploymentSpec, key: string): string | undefined {
  const value = spec.params[key];
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function firstVariable(env: Environment, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

export function problem(key: string, message: string): TargetProblem {
  return { kind: 'problem', key, message };
}
