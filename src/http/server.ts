// The one listening socket: inference goes to the data plane, everything else to the control plane. Slow clients are
// bounded by Node's own timers; shutting down closes idle connections and lets running requests finish.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerState } from '../gateway/runtime.ts';
import { CORS_HEADERS } from './control-plane/answer-headers.ts';
import { GatheredResponse } from './gathered-response.ts';
import type { InferenceRoute, ResourceRoute } from './routes.ts';
import { inferenceRoute, resourceRoute } from './routes.ts';

export interface ServerParts {
  inference(request: IncomingMessage, response: ServerResponse, target: { route: InferenceRoute; query: string }): void;
  resource(request: IncomingMessage, response: ServerResponse, route: ResourceRoute): void;
  /** Everything that is not inference. */
  control(request: IncomingMessage, response: ServerResponse): void;
}

export interface ServerSettings {
  /** PEM texts for HTTPS, or `undefined` for HTTP. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  readonly keepAliveTimeoutMs: number;
  readonly state: ServerState;
}

/** A client gets this long to send its headers, and this long to send the whole request. */
const HEADERS_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 300_000;

export function createServer(parts: ServerParts, settings: ServerSettings): Server {
  const options = {
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    noDelay: true,
    ServerResponse: GatheredResponse,
  };
  const { state } = settings;
  const closed = (): void => void (state.openResponses -= 1);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    state.openResponses += 1;
    response.on('close', closed);
    if (request.headers.origin !== undefined) allowOrigin(response);
    if (state.shuttingDown) response.shouldKeepAlive = false;
    try {
      route(parts, request, response);
    } catch (error) {
      answerBug(response, error);
    }
  };
  return settings.tls === undefined
    ? createHttpServer(options, listener)
    : createHttpsServer({ ...options, ...settings.tls }, listener);
}

/** For scripts in a page of any origin; the control plane sets its own. */
function allowOrigin(response: ServerResponse): void {
  for (const [name, value] of Object.entries(CORS_HEADERS)) response.setHeader(name, value);
}

function route(parts: ServerParts, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark + 1);
  const found = inferenceRoute(path);
  if (found !== undefined && request.method === 'POST') {
    return parts.inference(request, response, { route: found, query });
  }
  const resource = resourceRoute(request.method ?? 'GET', path, query);
  if (resource !== undefined) return parts.resource(request, response, resource);
  if (found !== undefined && request.method !== 'OPTIONS') return methodNotAllowed(response);
  parts.control(request, response);
}

/** A bug of ours, met by one request: it ends that request and not the process with all the others. */
function answerBug(response: ServerResponse, error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  if (response.headersSent) return void response.destroy();
  const body = '{"error":{"message":"Internal server error","type":"internal_server_error","param":null,"code":"500"}}';
  response.writeHead(500, ['content-type', 'application/json', 'content-length', String(body.length)]);
  response.end(body);
}

/** FastAPI's answer, as 1.106 gives it (golden b12, i06). */
function methodNotAllowed(response: ServerResponse): void {
  const body = '{"detail":"Method Not Allowed"}';
  response.writeHead(405, ['allow', 'POST', 'content-type', 'application/json', 'content-length', String(body.length)]);
  response.end(body);
}
