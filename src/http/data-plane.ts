// The hot path: a client's inference request from its headers to the executor. Everything that can be refused before
// a deployment is chosen is refused here, with LiteLLM's statuses and texts.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayServices, UnderstoodRequest } from '../gateway/exchange.ts';
import { execute } from '../gateway/executor.ts';
import { FanOutRun } from '../gateway/fan-out.ts';
import { openExchange } from '../gateway/open-exchange.ts';
import { serveResource } from '../gateway/resources.ts';
import { DEFAULT_TIMEOUT } from '../gateway/reply.ts';
import type { Runtime, ServerState } from '../gateway/runtime.ts';
import { adminAccess } from './admin-access.ts';
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
  /** Requests that still use this context: when a newer one is in force, it is done with at 0. */
  readonly load: { requests: number };
}

export class DataPlane {
  readonly #context: () => DataPlaneContext;
  readonly #held: HeldBytes;

  /** `context` gives what is in force now. */
  constructor(context: () => DataPlaneContext, held: HeldBytes = { total: 0 }) {
    this.#context = context;
    this.#held = held;
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
    // From here on, not from the end of the body: a reload meanwhile must leave it what it began with.
    context.load.requests += 1;
    new BodyReader(request, { limits, held: this.#held }, (read) => this.#accept(context, incoming, read)).start();
  }

  /** Serves a call about a stored response. */
  serveResource(request: IncomingMessage, response: ServerResponse, route: ResourceRoute): void {
    const context = this.#context();
    const incoming: Incoming = { ...accepted(context, { request, response }), endpoint: 'responses', path: route.path };
    const verdict = context.authenticator.check(request.headers);
    if (verdict.kind === 'rejected') return refuseCaller(incoming, verdict);
    context.load.requests += 1;
    response.on('close', () => (context.load.requests -= 1));
    serveResource({ ...route, callId: incoming.callId }, response, {
      runtime: context.runtime,
      services: context.services,
    });
  }

  #accept(context: DataPlaneContext, incoming: InferenceCall, read: BodyRead): void {
    const parsed = read.kind === 'body' ? this.#read(context, incoming, read.chunks) : undefined;
    if (read.kind === 'body' && parsed?.kind === 'request') {
      void this.#run(context, incoming, { parsed, byteLength: read.byteLength });
      return;
    }
    context.load.requests -= 1;
    if (read.kind === 'gone') return;
    if (read.kind !== 'body') return refuseBody(incoming, read);
    this.#held.total -= read.byteLength;
    if (parsed?.kind !== 'refused') return;
    if (parsed.wasRouted) incoming.response.setHeader('x-litellm-timeout', DEFAULT_TIMEOUT);
    refuse(incoming, parsed.error);
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
    const { state, load } = context;
    state.inFlight += 1;
    state.admitted += 1;
    try {
      const { parsed } = held;
      const origin = { ...incoming, explain: mayExplain(context, incoming.request) };
      const running =
        parsed.fanOut === undefined
          ? openExchange(context, origin, parsed)
          : new FanOutRun(context, origin, { understood: parsed, fanOut: parsed.fanOut });
      incoming.response.on('close', () => {
        if (!incoming.response.writableFinished) running.leave();
      });
      await (running instanceof FanOutRun ? running.run() : execute(running));
    } catch (error) {
      answerBug(incoming, error);
    } finally {
      state.inFlight -= 1;
      load.requests -= 1;
      this.#held.total -= held.byteLength;
    }
  }
}

interface InferenceCall extends Incoming {
  readonly route: InferenceRoute;
  readonly query: string;
}

/** Whether the caller asks for the reasons and may know them; whoever may not is served as if he had not asked. */
function mayExplain({ authenticator, runtime }: DataPlaneContext, { headers, socket }: IncomingMessage): boolean {
  const asked = headers['x-loadstone-explain'];
  if (asked !== 'true' && asked !== '1') return false;
  const { masterKeyIsStrong } = runtime.config.general;
  const verdict = authenticator.check(headers);
  return adminAccess({ verdict, masterKeyIsStrong, peer: socket.remoteAddress, headers }) === 'granted';
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
