// Which inference endpoint a URL names, over every path alias of LiteLLM 1.106. Common paths are one map look-up; the
// rest (a model in the path, a response id) is parsed. What is not here belongs to the control plane.
import type { Endpoint } from '../wire/endpoint.ts';

export interface InferenceRoute {
  readonly kind: 'inference';
  readonly endpoint: Endpoint;
  /** Path as LiteLLM names it in errors: `/chat/completions`. */
  readonly name: string;
  /** Model in the path (`/engines/{model}/...`): replaces the body's. */
  readonly model: string | undefined;
  /** LiteLLM's older queue route: the body must name a `priority` (1.106, 3.11b). */
  readonly needsPriority?: boolean;
}

/** GET, DELETE, cancel and input_items of a stored response: routed by the id, which carries its deployment. */
export interface ResourceRoute {
  readonly kind: 'resource';
  /** Path as errors and logs name it. */
  readonly path: string;
  readonly responseId: string;
  /** `''`, `/cancel` or `/input_items`. */
  readonly suffix: string;
  readonly method: 'GET' | 'DELETE' | 'POST';
  /** Query string of the URL, without the question mark. */
  readonly query: string;
}

const ALIASES: ReadonlyArray<readonly [Endpoint, readonly string[]]> = [
  ['chat', ['/chat/completions', '/v1/chat/completions', '/cursor/chat/completions']],
  ['completions', ['/completions', '/v1/completions']],
  ['embeddings', ['/embeddings', '/v1/embeddings']],
  ['responses', ['/responses', '/v1/responses', '/openai/v1/responses']],
  ['moderations', ['/moderations', '/v1/moderations']],
  ['images', ['/images/generations', '/v1/images/generations']],
  ['speech', ['/audio/speech', '/v1/audio/speech']],
  ['transcriptions', ['/audio/transcriptions', '/v1/audio/transcriptions']],
  ['rerank', ['/rerank', '/v1/rerank', '/v2/rerank']],
];

const NAMES: Readonly<Record<Endpoint, string>> = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
  responses: '/v1/responses',
  moderations: '/moderations',
  images: '/images/generations',
  speech: '/audio/speech',
  transcriptions: '/audio/transcriptions',
  rerank: '/rerank',
};

const BY_PATH: ReadonlyMap<string, InferenceRoute> = new Map([
  ...ALIASES.flatMap(([endpoint, paths]) =>
    paths.map((path): [string, InferenceRoute] => [path, inference(endpoint, undefined)]),
  ),
  ['/queue/chat/completions', { ...inference('chat', undefined), needsPriority: true }],
]);

/** Tails below `/engines/{model}` and `/openai/deployments/{model}`; the model may hold slashes. */
const MODEL_TAILS: ReadonlyArray<readonly [string, Endpoint]> = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completions'],
  ['/embeddings', 'embeddings'],
  ['/images/generations', 'images'],
];
const MODEL_PREFIXES = ['/engines/', '/openai/deployments/'];
const RESPONSE_PREFIXES = ['/v1/responses/', '/responses/', '/openai/v1/responses/'];
const RESPONSE_SUFFIXES = ['/cancel', '/input_items'];

/** Every path that this table serves, for `/routes`. */
export function inferencePaths(): string[] {
  const tails = MODEL_PREFIXES.flatMap((prefix) => MODEL_TAILS.map(([tail]) => `${prefix}{model}${tail}`));
  const resources = RESPONSE_PREFIXES.flatMap((prefix) =>
    ['', ...RESPONSE_SUFFIXES].map((s) => `${prefix}{response_id}${s}`),
  );
  return [...BY_PATH.keys(), ...tails, ...resources];
}

/** `path` without the query string. `undefined`: not ours. */
export function inferenceRoute(path: string): InferenceRoute | undefined {
  return BY_PATH.get(path) ?? modelRoute(path);
}

/** A stored response's URL, or `undefined`. */
export function resourceRoute(method: string, path: string, query: string): ResourceRoute | undefined {
  const prefix = RESPONSE_PREFIXES.find((candidate) => path.startsWith(candidate));
  if (prefix === undefined) return undefined;
  const rest = path.slice(prefix.length);
  const suffix = RESPONSE_SUFFIXES.find((candidate) => rest.endsWith(candidate)) ?? '';
  const responseId = decoded(rest.slice(0, rest.length - suffix.length));
  if (responseId === undefined || responseId === '' || responseId.includes('/')) return undefined;
  const allowed = suffix === '' ? ['GET', 'DELETE'] : suffix === '/cancel' ? ['POST'] : ['GET'];
  return allowed.includes(method)
    ? {
        kind: 'resource',
        path: '/v1/responses/{response_id}',
        responseId,
        suffix,
        method: method as ResourceRoute['method'],
        query,
      }
    : undefined;
}

function modelRoute(path: string): InferenceRoute | undefined {
  const prefix = MODEL_PREFIXES.find((candidate) => path.startsWith(candidate));
  if (prefix === undefined) return undefined;
  for (const [tail, endpoint] of MODEL_TAILS) {
    if (!path.endsWith(tail)) continue;
    const model = decoded(path.slice(prefix.length, path.length - tail.length));
    if (model !== undefined && model !== '') return inference(endpoint, model);
  }
  return undefined;
}

/** `undefined` for escapes that stand for nothing: anybody may send them, so they must not throw. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function inference(endpoint: Endpoint, model: string | undefined): InferenceRoute {
  return { kind: 'inference', endpoint, name: NAMES[endpoint], model };
}
