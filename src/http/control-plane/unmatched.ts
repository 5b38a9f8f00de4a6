// What a request gets that no route takes, in FastAPI's words (golden b06, b12, a58): a preflight, a redirect for a
// trailing slash, a method that the path does not have, or nothing of that name. Pure.
import { detailEnvelope } from '../../wire/error-envelope.ts';
import { methodsOfRoute, type ControlReply, type RouteDescription } from './control-route.ts';
import { methodsOf } from './inference-routes.ts';

export interface UnmatchedRequest {
  readonly method: string;
  /** With its query string. */
  readonly url: string;
  readonly requestedHeaders: string | undefined;
  /** The request has `Origin` and `Access-Control-Request-Method`. */
  readonly isPreflight: boolean;
}

export const NOT_FOUND: ControlReply = {
  status: 404,
  contentType: 'application/json',
  body: detailEnvelope('Not Found'),
};

/** Methods by path; built once from the routes. */
export class PathIndex {
  readonly #paths: ReadonlyArray<{ readonly pattern: RegExp; readonly methods: readonly string[] }>;

  constructor(routes: readonly RouteDescription[]) {
    const byPath = Map.groupBy(routes, ({ path }) => path);
    this.#paths = [...byPath].map(([path, rows]) => ({
      pattern: new RegExp(`^${path.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      methods: rows.flatMap(methodsOfRoute),
    }));
  }

  /** Methods at the path, the data plane's included; empty when there is no such path. */
  methods(path: string): readonly string[] {
    const own = this.#paths.find(({ pattern }) => pattern.test(path))?.methods;
    return own ?? methodsOf(path);
  }
}

/** The probes' paths answer OPTIONS without a preflight (golden b06). */
const WITH_OPTIONS: ReadonlySet<string> = new Set(['/health/liveliness', '/health/liveness', '/health/readiness']);
const ALL_METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY';
const PREFLIGHT_AGE_S = 600;

export function answerUnmatched(index: PathIndex, request: UnmatchedRequest): ControlReply {
  const { method, url } = request;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark);
  if (method === 'OPTIONS' && request.isPreflight) return preflight(request.requestedHeaders);
  if (method === 'OPTIONS' && WITH_OPTIONS.has(path)) return options(index.methods(path));
  const methods = index.methods(path);
  if (methods.length > 0) {
    const body = method === 'HEAD' ? '' : detailEnvelope('Method Not Allowed');
    return { status: 405, contentType: 'application/json', body, headers: { allow: methods.join(', ') } };
  }
  const bare = path.endsWith('/') ? path.slice(0, -1) : '';
  if (bare !== '' && index.methods(bare).length > 0) {
    return {
      status: 307,
      contentType: 'text/plain; charset=utf-8',
      body: '',
      headers: { location: `${bare}${query}` },
    };
  }
  return NOT_FOUND;
}

function preflight(requestedHeaders: string | undefined): ControlReply {
  return {
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: 'OK',
    headers: {
      'access-control-allow-methods': ALL_METHODS,
      'access-control-max-age': String(PREFLIGHT_AGE_S),
      ...(requestedHeaders === undefined ? {} : { 'access-control-allow-headers': requestedHeaders }),
    },
  };
}

function options(methods: readonly string[]): ControlReply {
  const allowed = [...methods, 'OPTIONS'].join(', ');
  return {
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: '',
    headers: { allow: allowed, 'access-control-allow-methods': allowed, 'access-control-allow-headers': '*' },
  };
}
