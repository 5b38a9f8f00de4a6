// Stored responses: GET, DELETE, cancel and input_items of an id go to the deployment that made it and nowhere else.
// Nothing is retried, since only that deployment knows the id; the answer passes through with the client's id put back.
import type { ServerResponse } from 'node:http';
import { classifyBroken } from '../core/classify.ts';
import type { DeploymentIndex } from '../core/units.ts';
import { UpstreamCall, type AnswerHeaders, type BrokenCall, type CallRequest } from '../upstream/upstream-call.ts';
import type { Clock } from '../upstream/clock.ts';
import { CredentialError } from '../upstream/credentials.ts';
import { headerText } from '../wire/header-text.ts';
import { header } from './answer-headers.ts';
import { ANSWER_TOO_LARGE, MAX_ANSWER_BYTES } from './attempt-result.ts';
import { clientError, LITELLM_VERSION, sendError } from './reply.ts';
import type { GatewayServices } from './exchange.ts';
import { decodeResponseId, encodeResponseId } from './response-ids.ts';
import type { Runtime } from './runtime.ts';

/** One id-routed call, as the HTTP layer read it from the URL. */
export interface ResourceCall {
  readonly method: 'GET' | 'DELETE' | 'POST';
  readonly responseId: string;
  /** `''`, `/cancel` or `/input_items`. */
  readonly suffix: string;
  /** Query string of the URL, without the question mark. */
  readonly query: string;
  readonly callId: string;
}

/** Longest silence of the upstream; these calls do no inference. */
const RESOURCE_TIMEOUT_MS = 60_000;

/** Serves one call; 404 in OpenAI's words when the id names no deployment of this config. */
export function serveResource(
  call: ResourceCall,
  response: ServerResponse,
  world: { readonly runtime: Runtime; readonly services: GatewayServices },
): void {
  const { runtime, services } = world;
  const stored = decodeResponseId(call.responseId);
  const index = stored === undefined ? undefined : runtime.config.table.byId.get(stored.deploymentId);
  const target = index === undefined ? undefined : runtime.config.deployments[index]?.target;
  const transport = index === undefined ? undefined : runtime.transports[index];
  if (stored === undefined || index === undefined || target === undefined || transport === undefined) {
    return unknownResponse(call, response);
  }
  const { upstreamId } = stored;
  const exchange = new ResourceExchange(services.clock, { call, response, runtime, index, upstreamId });
  response.on('close', () => exchange.cancel('the client went away'));
  const send = (token: string | undefined): void => {
    if (exchange.isOver) return;
    const request = target.resource({ ...call, upstreamId, token });
    exchange.begin();
    exchange.send(transport.dispatcher(request.origin), request.origin, request satisfies CallRequest);
  };
  if (target.credential === undefined) return send(undefined);
  services.credentials.token(target.credential, transport).then(send, (error: unknown) => {
    const message = error instanceof CredentialError ? error.message : 'the token endpoint could not be reached';
    exchange.breakWith({ kind: 'transport', phase: 'connect', code: 'CREDENTIAL', message });
  });
}

function unknownResponse(call: ResourceCall, response: ServerResponse): void {
  sendError(response, {
    headers: ['x-litellm-call-id', call.callId, 'x-litellm-version', LITELLM_VERSION],
    error: {
      status: 404,
      message: `Response with id '${call.responseId}' not found: it was not made by a deployment of this gateway.`,
      type: 'invalid_request_error',
      param: null,
      code: '404',
    },
  });
}

interface ResourceContext {
  readonly call: ResourceCall;
  readonly response: ServerResponse;
  readonly runtime: Runtime;
  readonly index: DeploymentIndex;
  readonly upstreamId: string;
}

class ResourceExchange extends UpstreamCall {
  readonly #context: ResourceContext;
  readonly #chunks: Buffer[] = [];
  #byteLength = 0;
  #status = 502;
  #headers: AnswerHeaders = {};

  constructor(clock: Clock, context: ResourceContext) {
    super(clock);
    this.#context = context;
  }

  /** Starts the clock, and again with every byte. */
  begin(): void {
    this.startTimer(RESOURCE_TIMEOUT_MS, (call) =>
      call.breakWith({ kind: 'timeout', phase: call.phase, code: 'ATTEMPT_TIMEOUT', message: 'no answer in time' }),
    );
  }

  protected onHead(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  protected onBytes(chunk: Buffer): void {
    this.#byteLength += chunk.length;
    if (this.#byteLength > MAX_ANSWER_BYTES) return this.breakWith(ANSWER_TOO_LARGE);
    this.#chunks.push(chunk);
    this.begin();
  }

  protected onComplete(): void {
    const { call, response, runtime, index } = this.#context;
    const body = withClientIds(Buffer.concat(this.#chunks).toString('utf8'), this.#context);
    const id = headerText(runtime.config.table.deployments[index]?.id ?? '');
    response.writeHead(this.#status, [
      'x-litellm-call-id',
      call.callId,
      'x-litellm-model-id',
      id,
      'x-litellm-version',
      LITELLM_VERSION,
      'content-type',
      header(this.#headers, 'content-type') ?? 'application/json',
      'content-length',
      String(Buffer.byteLength(body)),
    ]);
    response.end(body);
  }

  protected onBroken(broken: BrokenCall): void {
    const { call, response, runtime, index } = this.#context;
    if (broken.kind === 'cancelled') return;
    const provider = runtime.config.table.deployments[index]?.provider ?? 'openai';
    const failure = classifyBroken(broken, {
      provider,
      callerCredentials: false,
      setByCaller: false,
      timeoutMs: RESOURCE_TIMEOUT_MS,
    });
    const headers = ['x-litellm-call-id', call.callId, 'x-litellm-version', LITELLM_VERSION];
    sendError(response, { headers, error: clientError(failure) });
  }
}

/** A member, never a text that quotes one: inside strings its quotation marks are escaped. */
const PREVIOUS_ID = /("previous_response_id"\s*:\s*)"([^"\\]+)"/g;

/** The ids that the client knows in place of the provider's. */
function withClientIds(text: string, { call, runtime, index, upstreamId }: ResourceContext): string {
  const deployment = runtime.config.table.deployments[index];
  const origin = { provider: deployment?.provider ?? '', deploymentId: deployment?.id ?? '' };
  return text
    .replaceAll(JSON.stringify(upstreamId), () => JSON.stringify(call.responseId))
    .replace(PREVIOUS_ID, (_match, name: string, id: string) => name + JSON.stringify(encodeResponseId(id, origin)));
}
