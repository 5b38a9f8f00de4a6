// Answers to requests that end before a deployment is chosen: refused callers and bodies, and bugs of ours. Each is told
// to the client once, and to the listeners like any other request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayServices } from '../gateway/exchange.ts';
import { LITELLM_VERSION, sendError } from '../gateway/reply.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import { NO_PARAM, type ClientError } from '../wire/error-envelope.ts';
import type { AuthVerdict } from './auth.ts';
import type { BodyRead } from './read-body.ts';

/** A request as it came in, before its body is understood. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly services: GatewayServices;
  readonly callId: string;
  readonly startedAtMs: number;
  readonly endpoint: Endpoint;
  /** Path as LiteLLM names it in errors. */
  readonly path: string;
}

const OVERLOADED_RETRY_S = 1;
const BYTES_PER_MB = 1024 * 1024;

export function refuse(incoming: Incoming, error: ClientError): void {
  const { response, callId } = incoming;
  sendError(response, { headers: ['x-litellm-call-id', callId, 'x-litellm-version', LITELLM_VERSION], error });
  publishRefusal(incoming, error.status);
}

export function refuseCaller(incoming: Incoming, verdict: Extract<AuthVerdict, { kind: 'rejected' }>): void {
  const { status, message, type } = verdict;
  refuse(incoming, { status, message, type, param: type === 'auth_error' ? NO_PARAM : null, code: String(status) });
}

/** The rest of the body is not read: the connection ends with the answer. */
export function refuseBody(incoming: Incoming, read: Exclude<BodyRead, { kind: 'body' | 'gone' }>): void {
  incoming.response.shouldKeepAlive = false;
  if (read.kind === 'overloaded') {
    incoming.response.setHeader('retry-after', String(OVERLOADED_RETRY_S));
    return refuse(incoming, {
      status: 503,
      message: 'The gateway holds too many request bodies at once; try again in a second.',
      type: 'internal_server_error',
      param: null,
      code: '503',
    });
  }
  const limitMb = Math.floor(read.limitBytes / BYTES_PER_MB);
  refuse(incoming, {
    status: 413,
    message: `Request body is larger than ${limitMb} MB (general_settings.max_request_size_mb).`,
    type: 'invalid_request_error',
    param: null,
    code: '413',
  });
}

/** A bug of ours must not hang the client, and must be seen. */
export function answerBug(incoming: Incoming, error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  if (incoming.response.headersSent) {
    incoming.response.destroy();
    return;
  }
  refuse(incoming, {
    status: 500,
    message: 'Internal server error',
    type: 'internal_server_error',
    param: null,
    code: '500',
  });
}

function publishRefusal(incoming: Incoming, status: number): void {
  const { services, callId, endpoint, path, startedAtMs } = incoming;
  services.publish({
    kind: 'request',
    callId,
    endpoint,
    path,
    requestedModel: '',
    group: undefined,
    deployment: undefined,
    status,
    stream: false,
    attempts: 0,
    retries: 0,
    fallbacks: 0,
    durationMs: services.clock.now() - startedAtMs,
    upstreamMs: 0,
    firstContentMs: undefined,
    usage: undefined,
    outcome: 'failure',
    failure: undefined,
  });
}
