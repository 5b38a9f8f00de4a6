// Everything that is not inference, on Fastify: it shares the socket with the data plane, which hands over what is none
// of its. Routes are rows (control-route.ts); here they are registered, guarded and answered.
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorEnvelope, NO_PARAM } from '../../wire/error-envelope.ts';
import type { AuthVerdict } from '../auth.ts';
import { CORS_HEADERS, SECURITY_HEADERS } from './answer-headers.ts';
import { adminRoutes } from './admin-routes.ts';
import { BodyPaths } from './body-paths.ts';
import type { ControlPlaneOptions } from './control-context.ts';
import { budgetRoute } from './budget-route.ts';
import { methodsOfRoute, type ControlCall, type ControlReply, type ControlRoute } from './control-route.ts';
import { gatewayRoutes } from './gateway-routes.ts';
import { HealthRoutes } from './health-routes.ts';
import { listingRoutes } from './listing-routes.ts';
import { managementRoutes } from './management-routes.ts';
import { tokenCounterRoute } from './token-counter-route.ts';
import { answerUnmatched, NOT_FOUND, PathIndex } from './unmatched.ts';

export type { ControlPlaneOptions } from './control-context.ts';

export interface ControlPlane {
  /** Answers one request; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** Resolves when it can take requests. */
export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const health = new HealthRoutes(options);
  const config = () => options.context().runtime.config;
  const others = [
    ...listingRoutes(config),
    ...health.routes(),
    ...managementRoutes(),
    ...adminRoutes(options),
    tokenCounterRoute(options.context),
    budgetRoute(options.context),
  ];
  const routes = [...others, ...gatewayRoutes(options, others)];
  const app = createApp(new BodyPaths(routes, () => config().general.maxRequestBytes));
  const index = new PathIndex(routes);
  const noRoute = (request: FastifyRequest, reply: FastifyReply) =>
    send(reply, answerUnmatched(index, unmatched(request)));
  for (const route of routes) register(app, route, { context: options.context, noRoute });
  app.setNotFoundHandler(noRoute);
  await app.ready();
  return {
    handle: (request, response) => app.routing(request, response),
    close: async () => {
      health.close();
      await app.close();
    },
  };
}

const ANY_TYPE = 'application/octet-stream';

function createApp(bodies: BodyPaths): FastifyInstance {
  const app = Fastify({
    exposeHeadRoutes: false,
    logger: false,
    // A path that cannot be decoded names nothing.
    frameworkErrors: (_error, _request, reply) => void send(reply, NOT_FOUND),
  });
  // A body can be of any type. Where no route reads it, it is drained to keep the connection.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, payload, done) => {
    bodies.read(request.routeOptions.url, payload, (body) => done(null, body));
  });
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify answers 415 to a malformed type before any parser is asked.
    if (request.headers['content-type'] !== undefined) request.headers['content-type'] = ANY_TYPE;
    void reply.headers(SECURITY_HEADERS);
    if (request.headers.origin !== undefined) void reply.headers(CORS_HEADERS);
    done();
  });
  app.setErrorHandler((error, _request, reply) => {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    const body = { message: 'Internal server error', type: 'internal_server_error', param: null, code: '500' };
    return send(reply, { status: 500, contentType: 'application/json', body: errorEnvelope(body) });
  });
  return app;
}

interface Registration {
  readonly context: ControlPlaneOptions['context'];
  readonly noRoute: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

function register(app: FastifyInstance, route: ControlRoute, { context, noRoute }: Registration): void {
  app.route({
    method: methodsOfRoute(route),
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const params = flatQuery(request.params);
      // A parameter is never empty: `/v1/models/` is `/v1/models` with a slash too many.
      if (Object.values(params).includes('')) return noRoute(request, reply);
      const verdict = context().authenticator.check(request.headers);
      if (verdict.kind === 'rejected' && route.isOpen !== true) return send(reply, refusal(verdict));
      const { headers, query, socket } = request;
      const body = request.body as ControlCall['body'];
      const call = { query: flatQuery(query), params, headers, verdict, peer: socket.remoteAddress, body };
      return send(reply, await route.handle(call));
    },
  });
}

function refusal({ status, message, type }: Extract<AuthVerdict, { kind: 'rejected' }>): ControlReply {
  const param = type === 'auth_error' ? NO_PARAM : null;
  const body = errorEnvelope({ message, type, param, code: String(status) });
  return { status, contentType: 'application/json', body };
}

/** Bytes, so that Fastify adds nothing of its own to type or body. */
function send(reply: FastifyReply, { status, contentType, body, headers = {} }: ControlReply): FastifyReply {
  return reply.code(status).headers(headers).header('content-type', contentType).send(Buffer.from(body));
}

function unmatched(request: FastifyRequest) {
  const { method, url, headers } = request;
  const requested = headers['access-control-request-headers'];
  return {
    method,
    url,
    requestedHeaders: typeof requested === 'string' ? requested : undefined,
    isPreflight: headers.origin !== undefined && headers['access-control-request-method'] !== undefined,
  };
}

/** Of parameters that are repeated, the last. */
function flatQuery(query: unknown): Record<string, string> {
  if (typeof query !== 'object' || query === null) return {};
  const pairs = Object.entries(query).map(([name, value]): [string, string] => {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    return [name, String(last)];
  });
  return Object.fromEntries(pairs);
}
