// A body becomes a request, or a refusal: JSON, form or multipart read, the model chosen, required fields checked.
// The order of the checks is LiteLLM 1.106's (golden c01 to c10).
import type { IncomingMessage } from 'node:http';
import type { GatewayConfig, GeneralSettings } from '../config/types.ts';
import type { MultipartBody, UnderstoodRequest } from '../gateway/exchange.ts';
import { INTENT_FIELDS, readIntent, type IntentHeaders, type IntentSource } from '../gateway/read-intent.ts';
import { pinnedDeployment } from '../gateway/response-ids.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import { NO_PARAM, type ClientError } from '../wire/error-envelope.ts';
import { formBody } from '../wire/form.ts';
import { readJsonBody, type BodyProblem } from '../wire/json-body.ts';
import { isMockProblem, readMock } from '../wire/mock.ts';
import type { ScannedBody } from '../wire/scanned-body.ts';
import { readMultipart, type FormFields } from '../wire/multipart.ts';
import { refusedClientField } from './client-credentials.ts';
import { readFanOut } from './read-fan-out.ts';
import { withFilterFields } from './filter-intent.ts';
import type { InferenceRoute } from './routes.ts';

export type ReadRequest =
  | {
      readonly kind: 'refused';
      readonly error: ClientError;
      /** 1.106 refuses it after routing, and shows `x-litellm-timeout` (golden c07). */
      readonly wasRouted: boolean;
    }
  | ({ readonly kind: 'request' } & UnderstoodRequest);

/** What is read of a request beside its body. */
export type RequestHeaders = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

export interface RequestContext {
  readonly request: RequestHeaders;
  readonly route: InferenceRoute;
  readonly query: string;
  readonly config: GatewayConfig;
}

/** Fields without which 1.106 refuses a body before it looks at the model (litellm-1.106.md 3.1c). */
const REQUIRED: Readonly<Partial<Record<Endpoint, readonly string[]>>> = {
  chat: ['messages'],
  completions: ['prompt'],
  embeddings: ['input'],
  moderations: ['input'],
  rerank: ['query', 'documents'],
  images: ['prompt'],
  speech: ['input'],
};

type Source = IntentSource & {
  has(key: string): boolean;
  raw?(key: string): string | undefined;
  /** The member is absent or null. Asked of long ones too, so it must not parse them. */
  isNull(key: string): boolean;
};

export function readRequest(chunks: readonly Buffer[], context: RequestContext): ReadRequest {
  const contentType = context.request.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/form-data')) {
    const multipart = readMultipart(chunks, contentType);
    if ('kind' in multipart) return refuseProblem(multipart);
    return finish(context, multipartSource(multipart.fields), { body: undefined, multipart });
  }
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  const body = isForm ? formBody(chunks) : readJsonBody(chunks);
  if ('kind' in body) return refuseProblem(body);
  return finish(context, body, { body, multipart: undefined });
}

/** A form's fields as a body's: only small ones have values, and the prompt is a file of unknown length. */
function multipartSource(fields: FormFields): Source {
  return {
    keys: () => INTENT_FIELDS.filter((name) => fields.has(name)),
    has: (name) => fields.has(name),
    get: (name) => fields.get(name),
    isNull: (name) => !fields.has(name),
    promptTokens: 1,
  };
}

function finish(
  context: RequestContext,
  source: Source,
  carried: { readonly body: ScannedBody | undefined; readonly multipart: MultipartBody | undefined },
): ReadRequest {
  const { route, config, request, query } = context;
  const missing = missingField(route, source);
  if (missing !== undefined) return refused(missing);
  if (route.needsPriority === true && source.isNull('priority')) return refused(PRIORITY_IS_MISSING);
  if (route.endpoint === 'chat' && !hasMessageList(carried.body)) return refused(MESSAGES_ARE_NO_LIST, true);
  const model = chooseModel(route, source.get('model'), config.general);
  if (typeof model !== 'string') return refused(model);
  const fanOut = route.endpoint === 'chat' ? readFanOut(model, source, config.table) : undefined;
  if (fanOut !== undefined && 'status' in fanOut) return refused(fanOut);
  const forbidden = forbiddenField(source, config, fanOut?.models ?? model);
  if (forbidden !== undefined) return refused(forbidden);
  const maxTokens = GENERATES_TEXT.has(route.endpoint) ? undefined : 0;
  const intent = readIntent({ model, stream: wantsStream(route, source), maxTokens }, source, intentHeaders(request));
  if ('kind' in intent) return refused(badRequest(intent.message, intent.param));
  const mock = intent.isMocked ? readMock((key) => source.get(key)) : undefined;
  if (isMockProblem(mock)) return refused(badRequest(mock.message, mock.param));
  const filtered = withFilterFields(intent, config.table.settings, {
    headers: request.headers,
    body: source,
    keyHeader: config.general.keyHeaderName,
  });
  const bodyModel = source.get('model');
  return {
    kind: 'request',
    ...carried,
    intent: route.endpoint === 'responses' ? { ...filtered, pinned: pinnedDeployment(source, config.table) } : filtered,
    bodyModel: typeof bodyModel === 'string' && bodyModel !== '' ? bodyModel : undefined,
    apiVersion: query === '' ? undefined : (new URLSearchParams(query).get('api-version') ?? undefined),
    wantsUsage: config.litellm.alwaysIncludeStreamUsage || asksForUsage(source),
    includeFallbackErrors: config.general.exposeFallbackErrors && source.get('include_fallback_errors') === true,
    clientHeaders: passableHeaders(context),
    mock,
    fanOut,
  };
}

/** For every model that is asked. */
function forbiddenField(
  source: Source,
  config: GatewayConfig,
  asked: string | readonly string[],
): ClientError | undefined {
  if (typeof asked === 'string') return refusedClientField(source, { config, model: asked });
  for (const model of asked) {
    const forbidden = refusedClientField(source, { config, model });
    if (forbidden !== undefined) return forbidden;
  }
  return undefined;
}

function intentHeaders(request: RequestHeaders): IntentHeaders {
  return {
    timeout: headerText(request, 'x-litellm-timeout'),
    streamTimeout: headerText(request, 'x-litellm-stream-timeout'),
    numRetries: headerText(request, 'x-litellm-num-retries'),
    tags: headerText(request, 'x-litellm-tags'),
  };
}

const NO_HEADERS: readonly string[] = [];
/** The other endpoints cost no output tokens. */
const GENERATES_TEXT: ReadonlySet<Endpoint> = new Set<Endpoint>(['chat', 'completions', 'responses']);

/** The header that carries the gateway's own key never goes upstream. */
function passableHeaders({ request, config }: RequestContext): readonly string[] {
  if (!config.general.forwardClientHeaders) return NO_HEADERS;
  const secret = config.general.keyHeaderName?.toLowerCase();
  const { rawHeaders } = request;
  if (secret === undefined) return rawHeaders;
  return rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)]?.toLowerCase() !== secret);
}

function missingField(route: InferenceRoute, source: Source): ClientError | undefined {
  for (const field of REQUIRED[route.endpoint] ?? []) {
    if (!source.isNull(field)) continue;
    return badRequest(`${route.name}: Missing required parameter: '${field}'.`, field);
  }
  return undefined;
}

/** Status and type as 1.106 (3.11b). */
const PRIORITY_IS_MISSING: ClientError = {
  ...badRequest(
    "/queue/chat/completions: missing 1 required argument: 'priority' (a whole number, lower first).",
    null,
  ),
  type: 'auth_error',
  param: NO_PARAM,
};

const LIST_START = 0x5b;
const LIST_END = 0x5d;
const OBJECT_START = 0x7b;

/** As 1.106 (golden c07): no provider could make anything of it. Two bytes tell; the messages are not parsed. */
const MESSAGES_ARE_NO_LIST: ClientError = badRequest(
  "Invalid request format: 'messages' must be a list of objects.",
  null,
);

function hasMessageList(body: ScannedBody | undefined): boolean {
  if (body === undefined || body.firstByte('messages') !== LIST_START) return false;
  const first = body.firstItemByte('messages');
  return first === OBJECT_START || first === LIST_END;
}

/** In 1.106's order for each endpoint (1.4f). An absent model is looked up as `None` and not found. */
function chooseModel(route: InferenceRoute, model: unknown, general: GeneralSettings): string | ClientError {
  const forced = forcedModel(route, general);
  if (forced !== undefined) return forced;
  if (model === undefined || model === null) return 'None';
  if (typeof model === 'string') return model;
  return { ...badRequest("'model' must be a string.", 'model'), type: 'bad_request_error' };
}

function forcedModel({ endpoint, model: inPath }: InferenceRoute, general: GeneralSettings): string | undefined {
  switch (endpoint) {
    case 'chat':
    case 'completions':
    case 'responses':
      return general.completionModel ?? general.cliModel ?? inPath;
    case 'embeddings':
      return general.embeddingModel ?? general.cliModel ?? inPath;
    case 'images':
      return general.cliModel ?? inPath ?? general.imageGenerationModel;
    case 'moderations':
      return general.cliModel ?? general.moderationModel;
    default:
      return general.cliModel ?? inPath;
  }
}

/** Speech says it in a field of its own. */
function wantsStream({ endpoint }: InferenceRoute, source: Source): boolean {
  if (endpoint === 'speech') return source.has('stream_format') && source.get('stream_format') === 'sse';
  return source.get('stream') === true;
}

function asksForUsage(source: Source): boolean {
  if (!source.has('stream_options')) return false;
  const options = source.get('stream_options');
  return (
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  );
}

function headerText(request: RequestHeaders, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function refuseProblem(problem: BodyProblem): ReadRequest {
  return refused(badRequest(problem.message, 'request_body'));
}

function refused(error: ClientError, wasRouted = false): ReadRequest {
  return { kind: 'refused', error, wasRouted };
}

function badRequest(message: string, param: string | null): ClientError {
  return { status: 400, message, type: 'invalid_request_error', param, code: '400' };
}
