// The hot path: a client's inference request from its headers to the executor. Everything that can be refused before
// a deployment is chosen is refused here, with LiteLLM's statuses and texts.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Prices } from '../core/budget/settle-budgets.ts';
import { createPlan } from '../core/plan.ts';
import { Exchange, type GatewayServices, type UnderstoodRequest } from '../gateway/exchange.ts';
import { execute } from '../gateway/executor.ts';
import { serveResource } from '../gateway/resources.ts';
import { DEFAULT_TIMEOUT } from '../gateway/reply.ts';
import type { Runtime, ServerState } from '../gateway/runtime.ts';
import { lookupModel } from '../provider/model-table.ts';
import { resolveModel } from '../provider/resolve-model.ts';
import type { Authenticator } from './auth.ts';
import { BodyReader, MAX_HELD_BYTES, type BodyRead, type HeldBytes } from './read-body.ts';
import { readRequest, type ReadRequest } from './read-request.ts';
import { answerBug, refuse, refuseBody, refuseCaller, type Incoming } from './refusal.ts';
import type { InferenceRoute, ResourceRoute } from './routes.ts';

/** What the data plane works with; `runtime` is read once per request, so that a reload never mixes two worlds. */
export interface DataPlaneContext {
  readonly runtime: Runtime;
  readonly services: GatewayServices;
  readonly authenticator: Authenticator;
  readonly state: ServerState;
}

export class DataPlane {
  readonly #context: () => DataPlaneContext;
  readonly #held: HeldBytes = { total: 0 };

  /** `context` gives what is in force now. */
  constructor(context: () => DataPlaneContext) {
    this.#context = context;
  }

  /** Serves one inference request; `query` is the URL's, without the question mark. */
  serve(request: IncomingMessage, response: ServerResponse, target: { route: InferenceRoute; query: string }): void {
    const context = this.#context();
    const { endpoint, name: path } = target.route;
    const incoming: InferenceCall = { ...accepted(context, { request, response }), endpoint, path, ...target };
    const verdict = context.authenticator.check(request.headers);
    if (verdict.kind === 'rejected') return refuseCaller(incoming, verdict);
    const limits = {
      maxRequestBytes: context.runtime.config.general.maxRequestBytes,
      maxHeldBytes: MAX_HELD_BYTES,
    };
    new BodyReader(request, { limits, held: this.#held }, (read) => this.#accept(context, incoming, read)).start();
  }

  /** Serves a call about a stored response. */
  serveResource(request: IncomingMessage, response: ServerResponse, route: ResourceRoute): void {
    const context = this.#context();
    const incoming: Incoming = { ...accepted(context, { request, response }), endpoint: 'responses', path: route.path };
    const verdict = context.authenticator.check(request.headers);
    if (verdict.kind === 'rejected') return refuseCaller(incoming, verdict);
    serveResource({ ...route, callId: incoming.callId }, response, {
      runtime: context.runtime,
      services: context.services,
    });
  }

  #accept(context: DataPlaneContext, incoming: InferenceCall, read: BodyRead): void {
    if (read.kind === 'gone') return;
    if (read.kind !== 'body') return refuseBody(incoming, read);
    const parsed = this.#read(context, incoming, read.chunks);
    if (parsed === undefined || parsed.kind === 'refused') this.#held.total -= read.byteLength;
    if (parsed === undefined) return;
    if (parsed.kind === 'refused') {
      if (parsed.wasRouted) incoming.response.setHeader('x-litellm-timeout', DEFAULT_TIMEOUT);
      return refuse(incoming, parsed.error);
    }
    void this.#run(context, incoming, { parsed, byteLength: read.byteLength });
  }

  /** `undefined`: a bug of ours, answered. A throw from here would end the process: nobody awaits this callback. */
  #read(context: DataPlaneContext, incoming: InferenceCall, chunks: readonly Buffer[]): ReadRequest | undefined {
    try {
      return readRequest(chunks, { ...incoming, config: context.runtime.config });
    } catch (error) {
      answerBug(incoming, error);
      return undefined;
    }
  }

  async #run(
    context: DataPlaneContext,
    incoming: InferenceCall,
    held: { readonly parsed: UnderstoodRequest; readonly byteLength: number },
  ): Promise<void> {
    const { state } = context;
    state.inFlight += 1;
    state.admitted += 1;
    try {
      const exchange = openExchange(context, incoming, held.parsed);
      incoming.response.on('close', () => {
        if (!incoming.response.writableFinished) exchange.leave();
      });
      await execute(exchange);
    } catch (error) {
      answerBug(incoming, error);
    } finally {
      state.inFlight -= 1;
      this.#held.total -= held.byteLength;
    }
  }
}

interface InferenceCall extends Incoming {
  readonly route: InferenceRoute;
  readonly query: string;
}

function openExchange(context: DataPlaneContext, incoming: InferenceCall, parsed: UnderstoodRequest): Exchange {
  const { runtime, services } = context;
  const { endpoint, path, request, response, callId, startedAtMs } = incoming;
  const plan = createPlan({
    table: runtime.config.table,
    fleet: runtime.fleet,
    affinity: runtime.affinity,
    intent: parsed.intent,
    routeName: path,
    startedAtMs,
    guessProvider: runtime.config.table.wildcards.length === 0 ? undefined : guessProvider,
    priceOf,
    exposeRouterDebug: runtime.config.litellm.exposeRouterDebugInErrors,
  });
  return new Exchange({
    request,
    response,
    runtime,
    services,
    endpoint,
    path,
    callId,
    startedAtMs,
    plan,
    ...parsed,
  });
}

/** Provider of a bare model name, for wildcards such as `openai/*` (1.106, 1.7). */
function guessProvider(model: string): string | undefined {
  const resolved = resolveModel(model, {});
  return 'kind' in resolved ? undefined : resolved.provider;
}

/** From the model table, as for deployments that name their model. */
function priceOf(provider: string, model: string): Prices | undefined {
  return lookupModel(model, provider);
}

function accepted(
  { services }: DataPlaneContext,
  client: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Omit<Incoming, 'endpoint' | 'path'> {
  const callId = clientCallId(client.request) ?? randomUUID();
  return { ...client, services, callId, startedAtMs: services.clock.now() };
}

function clientCallId(request: IncomingMessage): string | undefined {
  const value = request.headers['x-litellm-call-id'];
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;
}
