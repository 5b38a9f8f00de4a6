// A compiled deployment: turns calls into HTTP requests. Everything that a request needs and that does not change from
// call to call is made once, in the constructor or at the first call of a kind.
import type { ByteBody, JsonBody } from '../wire/body-types.ts';
import { ENDPOINT_PATH, type Endpoint } from '../wire/endpoint.ts';
import { editBody, isOrdinary, patchOrdinary } from './body-editor.ts';
import { compileCallRules, recordOf, type CallRules } from './call-rules.ts';
import { callerSpec } from './caller-credentials.ts';
import { addClientHeaders, addNamedHeaders, setHeader } from './client-headers.ts';
import { textParam, type Environment, type PlanCompiler, type TargetPlan } from './target-plan.ts';
import type {
  CredentialRequest,
  DeploymentSpec,
  ProviderCall,
  ProviderTarget,
  ResourceRequest,
  UnsupportedCall,
  UpstreamRequest,
} from './types.ts';
import { hasEndpoint } from './vendor-row.ts';

/** Rules are kept per model: one for most deployments, many behind a wildcard, and never without end. */
const MAX_RULES = 256;

const USER_AGENT = 'loadstone';

export interface PlannedTargetParts {
  readonly plan: TargetPlan;
  readonly spec: DeploymentSpec;
  readonly env: Environment;
  /** Compiles again with what a caller brought. */
  readonly compile: PlanCompiler;
}

/** All that is known about calls to one model at one endpoint. */
interface PreparedCall {
  readonly rules: CallRules;
  /** Path and query when the client asks for no version and no query of its own. */
  readonly path: string;
}

export class PlannedTarget implements ProviderTarget {
  readonly apiBase: string;
  readonly credential: CredentialRequest | undefined;
  readonly #parts: PlannedTargetParts;
  /** Without content type and length. */
  readonly #headers: readonly string[];
  readonly #jsonHeaders: readonly string[];
  readonly #extraQuery: string;
  readonly #prepared = new Map<string, PreparedCall>();
  /** Most deployments serve one model at one endpoint. */
  #latest: PreparedCall | undefined;

  constructor(parts: PlannedTargetParts) {
    this.#parts = parts;
    this.apiBase = parts.plan.apiBase;
    this.credential = parts.plan.credential;
    this.#headers = fixedHeaders(parts.plan, parts.spec);
    this.#jsonHeaders = [...this.#headers, 'content-type', 'application/json'];
    this.#extraQuery = queryOf(parts.spec.params['extra_query']);
  }

  request(call: ProviderCall): UpstreamRequest | UnsupportedCall {
    const { body } = call;
    if (body === undefined) return this.#multipart(call);
    const prepared = this.#prepare(call.upstreamModel, call.endpoint);
    if (prepared === undefined) return this.#notServed(call.endpoint);
    if (!isOrdinary(call, body, prepared.rules)) return this.#special(call, body, prepared);
    return this.#send(call, patchOrdinary(call, body, prepared.rules), {
      headers: this.#jsonHeaders.slice(),
      path: call.apiVersion === undefined ? prepared.path : this.#path(call, prepared.rules.endpoint, this.#extraQuery),
    });
  }

  resource({ method, upstreamId, suffix, query, token }: ResourceRequest): UpstreamRequest {
    const { plan, spec } = this.#parts;
    const params = new URLSearchParams(query);
    const apiVersion = params.get('api-version') ?? undefined;
    params.delete('api-version');
    const path = plan.pathOf({
      endpoint: 'responses',
      path: `${ENDPOINT_PATH.responses}/${encodeURIComponent(upstreamId)}${suffix}`,
      model: spec.upstreamModel,
      apiVersion,
    });
    const headers = [...this.#headers];
    if (token !== undefined) setHeader(headers, 'authorization', `Bearer ${token}`);
    if (method === 'POST') headers.push('content-length', '0');
    return { origin: plan.origin, path: withQuery(path, params.toString()), method, headers, body: undefined };
  }

  /** A body that brings its own credentials, headers or query, or that needs more than its ordinary edits. */
  #special(call: ProviderCall, body: JsonBody, { rules }: PreparedCall): UpstreamRequest | UnsupportedCall {
    const { spec, env } = this.#parts;
    const caller = callerSpec(body, spec, env);
    if (caller?.kind === 'unsupported') return caller;
    if (caller === undefined) return this.#edited(call, body, rules);
    const plan = this.#parts.compile(caller.spec, caller.env);
    if (plan.kind === 'problem') return { kind: 'unsupported', message: plan.message, param: plan.key };
    const token = plan.credential?.cacheKey === this.credential?.cacheKey ? call.token : undefined;
    const apiVersion = typeof body.get('api_version') === 'string' ? undefined : call.apiVersion;
    const target = new PlannedTarget({ ...this.#parts, plan, spec: caller.spec });
    return target.#edited({ ...call, token, apiVersion }, body, rules);
  }

  #edited(call: ProviderCall, body: JsonBody, rules: CallRules): UpstreamRequest | UnsupportedCall {
    const edited = editBody(call, body, rules);
    if ('kind' in edited) return edited;
    const headers = this.#jsonHeaders.slice();
    addNamedHeaders(headers, body.get('headers'));
    addNamedHeaders(headers, body.get('extra_headers'));
    const query = body.has('extra_query') ? queryOf(body.get('extra_query')) : this.#extraQuery;
    return this.#send(call, edited, { headers, path: this.#path(call, rules.endpoint, query) });
  }

  #multipart(call: ProviderCall): UpstreamRequest | UnsupportedCall {
    const { endpoint, raw } = call;
    if (raw === undefined || !hasEndpoint(this.#parts.plan.dialect.endpoints, endpoint))
      return this.#notServed(endpoint);
    const headers = [...this.#headers, 'content-type', raw.contentType];
    return this.#send(call, raw.body, { headers, path: this.#path(call, endpoint, this.#extraQuery) });
  }

  #send(
    call: ProviderCall,
    body: ByteBody,
    { headers, path }: { readonly headers: string[]; readonly path: string },
  ): UpstreamRequest {
    if (call.clientHeaders.length > 0) addClientHeaders(headers, call.clientHeaders);
    if (call.token !== undefined && this.credential !== undefined) {
      setHeader(headers, 'authorization', `Bearer ${call.token}`);
    }
    headers.push('content-length', String(body.byteLength));
    return { origin: this.#parts.plan.origin, path, method: 'POST', headers, body };
  }

  #path({ upstreamModel, apiVersion }: ProviderCall, endpoint: Endpoint, query: string): string {
    const place = { endpoint, path: ENDPOINT_PATH[endpoint], model: upstreamModel, apiVersion };
    return withQuery(this.#parts.plan.pathOf(place), query);
  }

  #prepare(model: string, asked: Endpoint): PreparedCall | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.rules.asked === asked && latest.rules.model === model) return latest;
    const key = `${asked} ${model}`;
    const prepared = this.#prepared.get(key) ?? this.#compileCall(model, asked);
    if (prepared === undefined) return undefined;
    if (this.#prepared.size >= MAX_RULES) this.#prepared.clear();
    this.#prepared.set(key, prepared);
    this.#latest = prepared;
    return prepared;
  }

  #compileCall(model: string, asked: Endpoint): PreparedCall | undefined {
    const { plan, spec } = this.#parts;
    const endpoint = servedEndpoint(plan.dialect.endpoints, asked);
    if (endpoint === undefined) return undefined;
    const place = { endpoint, path: ENDPOINT_PATH[endpoint], model, apiVersion: undefined };
    const path = withQuery(plan.pathOf(place), this.#extraQuery);
    return { rules: compileCallRules({ plan, spec }, model, { endpoint, asked }), path };
  }

  #notServed(endpoint: Endpoint): UnsupportedCall {
    const message = `${this.#parts.spec.provider} has no endpoint for ${endpoint}.`;
    return { kind: 'unsupported', message, param: null };
  }
}

/** The endpoint itself, or its stand-in: chat and text completions can take each other's place. */
function servedEndpoint(letters: string, asked: Endpoint): Endpoint | undefined {
  if (hasEndpoint(letters, asked)) return asked;
  if (asked === 'completions' && hasEndpoint(letters, 'chat')) return 'chat';
  return asked === 'chat' && hasEndpoint(letters, 'completions') ? 'completions' : undefined;
}

function fixedHeaders(plan: TargetPlan, spec: DeploymentSpec): readonly string[] {
  const headers = [...plan.headers, 'accept', '*/*', 'user-agent', USER_AGENT];
  const organization = textParam(spec, 'organization');
  const project = textParam(spec, 'project');
  if (organization !== undefined) setHeader(headers, 'openai-organization', organization);
  if (project !== undefined && spec.provider === 'openai') setHeader(headers, 'openai-project', project);
  addNamedHeaders(headers, spec.params['headers']);
  addNamedHeaders(headers, spec.params['extra_headers']);
  return headers;
}

function queryOf(value: unknown): string {
  const pairs = Object.entries(recordOf(value)).map(([key, item]) => [key, String(item)] as [string, string]);
  return pairs.length === 0 ? '' : new URLSearchParams(pairs).toString();
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return path.includes('?') ? `${path}&${query}` : `${path}?${query}`;
}
