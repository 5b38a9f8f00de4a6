// A compiled deployment: turns calls into HTTP requests. Everything that a request needs and that does not change from
// call to call is made once, in the constructor or at the first call of a kind.
import type { ByteBody, JsonBody } from '../wire/body-types.ts';
import { ENDPOINT_PATH, type Endpoint } from '../wire/endpoint.ts';
import { editBody } from './body-editor.ts';
import { compileCallRules, recordOf, type CallRules } from './call-rules.ts';
import { callerSpec } from './caller-credentials.ts';
import { addClientHeaders, addNamedHeaders, setHeader } from './client-headers.ts';
import { textParam, type Environment, type PlanCompiler, type TargetPlan } from './target-plan.ts';
import type {
  CredentialRequest,
  DeploymentSpec,
  ProviderCall,
  ProviderTarget,
  ResourceCall,
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

export class PlannedTarget implements ProviderTarget {
  readonly apiBase: string;
  readonly credential: CredentialRequest | undefined;
  readonly #parts: PlannedTargetParts;
  /** Without content type and length. */
  readonly #headers: readonly string[];
  readonly #jsonHeaders: readonly string[];
  readonly #extraQuery: string;
  readonly #rules = new Map<string, CallRules>();

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
    const { plan, spec, env, compile } = this.#parts;
    const caller = callerSpec(body, spec, env);
    if (caller === undefined) return this.#json(call, body);
    if (caller.kind === 'unsupported') return caller;
    const callerPlan = compile(caller.spec, caller.env);
    if (callerPlan.kind === 'problem')
      return { kind: 'unsupported', message: callerPlan.message, param: callerPlan.key };
    const own = callerPlan.credential?.cacheKey === plan.credential?.cacheKey ? call : { ...call, token: undefined };
    return new PlannedTarget({ ...this.#parts, plan: callerPlan, spec: caller.spec }).#json(own, body);
  }

  resource({ method, upstreamId, suffix, query, token }: ResourceCall): UpstreamRequest {
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

  #json(call: ProviderCall, body: JsonBody): UpstreamRequest | UnsupportedCall {
    const rules = this.#rulesFor(call.upstreamModel, call.endpoint);
    if (rules === undefined) return this.#notServed(call.endpoint);
    const edited = editBody(call, body, rules);
    if ('kind' in edited) return edited;
    const headers = this.#jsonHeaders.slice();
    if (body.has('extra_headers')) addNamedHeaders(headers, body.get('extra_headers'));
    if (body.has('headers')) addNamedHeaders(headers, body.get('headers'));
    const query = body.has('extra_query') ? queryOf(body.get('extra_query')) : this.#extraQuery;
    return this.#send({ call, endpoint: rules.endpoint, body: edited, headers, query });
  }

  #multipart(call: ProviderCall): UpstreamRequest | UnsupportedCall {
    if (call.raw === undefined || !hasEndpoint(this.#parts.plan.dialect.endpoints, call.endpoint)) {
      return this.#notServed(call.endpoint);
    }
    const headers = [...this.#headers, 'content-type', call.raw.contentType];
    return this.#send({ call, endpoint: call.endpoint, body: call.raw.body, headers, query: this.#extraQuery });
  }

  #send(outgoing: {
    readonly call: ProviderCall;
    readonly endpoint: Endpoint;
    readonly body: ByteBody;
    readonly headers: string[];
    readonly query: string;
  }): UpstreamRequest {
    const { call, endpoint, body, headers, query } = outgoing;
    const { plan } = this.#parts;
    if (call.clientHeaders.length > 0) addClientHeaders(headers, call.clientHeaders);
    if (call.token !== undefined && plan.credential !== undefined) {
      setHeader(headers, 'authorization', `Bearer ${call.token}`);
    }
    headers.push('content-length', String(body.byteLength));
    const place = { endpoint, path: ENDPOINT_PATH[endpoint], model: call.upstreamModel, apiVersion: call.apiVersion };
    return { origin: plan.origin, path: withQuery(plan.pathOf(place), query), method: 'POST', headers, body };
  }

  #rulesFor(model: string, asked: Endpoint): CallRules | undefined {
    const key = `${asked} ${model}`;
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const { plan, spec } = this.#parts;
    const endpoint = servedEndpoint(plan.dialect.endpoints, asked);
    if (endpoint === undefined) return undefined;
    const rules = compileCallRules({ plan, spec }, model, { endpoint, asked });
    if (this.#rules.size >= MAX_RULES) this.#rules.clear();
    this.#rules.set(key, rules);
    return rules;
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
