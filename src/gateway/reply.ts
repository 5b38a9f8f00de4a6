// What the client gets: LiteLLM's headers, the answer or the error, written once. Header arrays are flat and the part
// that never changes for a deployment is built once per routing table.
import type { Attempt, Failure } from '../core/outcome.ts';
import type { AnswerHeaders } from '../upstream/upstream-call.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import { errorEnvelope, NO_PARAM, type ClientError } from '../wire/error-envelope.ts';
import { headerText } from '../wire/header-text.ts';
import { appendProviderErrorHeaders, appendProviderHeaders } from '../wire/headers.ts';
import type { ReadyAnswer } from './attempt-result.ts';
import { decisionHeader } from './decision-header.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** The version of the interface that is spoken, as LiteLLM's clients look for it. */
export const LITELLM_VERSION = '1.106.2';

const MS_PER_S = 1000;
/** LiteLLM's own default of `request_timeout`, as it prints it; shown where nothing else is set. */
export const DEFAULT_TIMEOUT = '6000.0';
/** What errors of an endpoint show as `x-litellm-timeout` by default; the others do not show it (golden a55, a56, c63). */
const SHOWN_TIMEOUTS: Readonly<Partial<Record<Endpoint, string>>> = {
  chat: DEFAULT_TIMEOUT,
  embeddings: DEFAULT_TIMEOUT,
  responses: '600.0',
};
const deploymentHeaders = new WeakMap<Runtime, string[][]>();

/**
 * The `model` that the client is shown (1.106, 6j): what it asked for; after a fallback the upstream's own name in a
 * plain answer and the fallback's name in a stream. `undefined`: leave the upstream's.
 */
export function shownModel(exchange: Exchange, planned: Attempt): string | undefined {
  const { bodyModel, intent } = exchange.input;
  if (planned.fallbacks === 0) return bodyModel;
  return intent.stream ? planned.group : undefined;
}

export function replyWithAnswer(exchange: Exchange, planned: Attempt, answer: ReadyAnswer): void {
  const { response, services, startedAtMs } = exchange.input;
  const headers = successHeaders(exchange, planned, answer.headers);
  const durationMs = services.clock.now() - startedAtMs;
  headers.push('x-litellm-response-duration-ms', durationMs.toFixed(3));
  headers.push('x-litellm-overhead-duration-ms', Math.max(0, durationMs - exchange.upstreamMs).toFixed(3));
  appendCost(headers, exchange, planned);
  exchange.status = answer.status;
  sendBody(response, { headers, status: answer.status, contentType: answer.contentType, body: answer.body });
}

/** A string goes out with the headers in one write; chunks are written one by one. */
function sendBody(
  response: Exchange['input']['response'],
  answer: Pick<ReadyAnswer, 'status' | 'contentType' | 'body'> & { readonly headers: string[] },
): void {
  const { headers, body } = answer;
  const byteLength = typeof body === 'string' ? body.length : body.byteLength;
  headers.push('content-type', answer.contentType, 'content-length', String(byteLength));
  response.writeHead(answer.status, headers);
  if (typeof body === 'string') {
    response.end(body, 'latin1');
    return;
  }
  for (let i = 0; i < body.chunks.length - 1; i += 1) response.write(body.chunks[i]);
  response.end(body.chunks.at(-1));
}

export function writeStreamHead(exchange: Exchange, planned: Attempt, upstream: AnswerHeaders): void {
  const { response } = exchange.input;
  const headers = successHeaders(exchange, planned, upstream);
  headers.push('content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache');
  headers.push('x-accel-buffering', 'no');
  exchange.status = 200;
  exchange.headFor = planned;
  response.writeHead(200, headers);
}

/** The final failure of a request, before anything was sent. */
export function replyWithFailure(exchange: Exchange, failure: Failure): void {
  const { response } = exchange.input;
  const headers = failureHeaders(exchange);
  const isOwnText = exchange.input.endpoint === 'completions' && exchange.attempts === 0;
  if (failure.retryAfterMs !== undefined) {
    headers.push('retry-after', String(Math.max(1, Math.ceil(failure.retryAfterMs / MS_PER_S))));
  }
  exchange.status = failure.status;
  sendError(response, { headers, error: isOwnText ? textRouteError(failure) : clientError(failure) });
}

/** A stream that the client has a part of: one truthful event in its dialect, no `[DONE]`, and the end (DESIGN 5). */
export function endStreamWithFailure({ input, reader }: Exchange, failure: Failure): void {
  const { response } = input;
  const event = reader?.errorEvent(clientError(failure)) ?? '';
  // Without an error form only a broken connection tells that something is missing.
  if (event.length === 0) response.destroy();
  else if (typeof event === 'string') response.end(event, 'latin1');
  else response.end(event);
}

/** On text completions 1.106 tells its own errors as the management routes do (golden c01, e22). */
function textRouteError(failure: Failure): ClientError {
  const type = failure.status === 400 ? NO_PARAM : failure.type;
  return { ...clientError(failure), type, param: NO_PARAM };
}

function failureHeaders(exchange: Exchange): string[] {
  const { opened, attempts } = exchange;
  const { callId, endpoint } = exchange.input;
  if (opened !== undefined) return successHeaders(exchange, opened.planned, opened.headers);
  const headers = ['x-litellm-call-id', callId, 'x-litellm-version', LITELLM_VERSION];
  appendDecision(headers, exchange);
  if (exchange.failedHeaders !== undefined) appendProviderErrorHeaders(headers, exchange.failedHeaders);
  const wasChosen = attempts > 0 || exchange.failure?.cause === 'misconfigured';
  const shownDefault = SHOWN_TIMEOUTS[endpoint];
  if (!wasChosen || shownDefault === undefined) return headers;
  headers.push('x-litellm-timeout', shownTimeout(exchange) ?? shownDefault);
  if (endpoint === 'responses' && exchange.deployment !== undefined) headers.push(...idHeader(exchange));
  return headers;
}

/** Seconds as 1.106 prints them: a header's as Python prints floats (`3.0`), the others as they were written. */
function shownTimeout({ input }: Exchange): string | undefined {
  const { shownTimeoutMs } = input.plan;
  if (shownTimeoutMs === undefined) return undefined;
  const text = String(shownTimeoutMs / MS_PER_S);
  const isFromHeader = Number(input.request.headers['x-litellm-timeout']) === shownTimeoutMs / MS_PER_S;
  return isFromHeader && !text.includes('.') ? `${text}.0` : text;
}

function idHeader({ input, deployment }: Exchange): string[] {
  const id = input.runtime.config.table.deployments[deployment ?? -1]?.id;
  return id === undefined ? [] : ['x-litellm-model-id', id];
}

/** An error that needs no exchange: the request was refused before it was planned. */
export function sendError(
  response: Exchange['input']['response'],
  reply: { readonly headers: string[]; readonly error: ClientError },
): void {
  const body = errorEnvelope(reply.error);
  reply.headers.push('content-type', 'application/json', 'content-length', String(Buffer.byteLength(body)));
  response.writeHead(reply.error.status, reply.headers);
  response.end(body);
}

export function clientError(failure: Failure): ClientError {
  const { status, message, type, param, code } = failure;
  return { status, message, type, param, code: code ?? String(status) };
}

function successHeaders(exchange: Exchange, planned: Attempt, upstream: AnswerHeaders): string[] {
  const { callId, runtime } = exchange.input;
  const headers = ['x-litellm-call-id', callId, ...fixedHeaders(runtime, planned.deployment)];
  headers.push('x-litellm-model-group', headerText(planned.group));
  headers.push('x-litellm-attempted-retries', String(planned.retries));
  headers.push('x-litellm-attempted-fallbacks', String(planned.fallbacks));
  if (hasPriority(exchange)) headers.push(...priorityHeaders(exchange));
  if (planned.retries > 0) headers.push('x-litellm-max-retries', String(exchange.input.plan.maxRetries));
  if (exchange.input.includeFallbackErrors) appendFallbackErrors(headers, exchange);
  appendDecision(headers, exchange);
  appendProviderHeaders(headers, upstream);
  return headers;
}

/** As 1.106 (3.11a, golden a60): 0 without a default is nothing special. */
function hasPriority({ input }: Exchange): boolean {
  const { intent, runtime } = input;
  return (intent.priority ?? 0) !== 0 || runtime.config.table.settings.defaultPriority !== undefined;
}

/** LiteLLM's older queue route says the number too. */
function priorityHeaders({ input }: Exchange): string[] {
  const used = ['x-litellm-request-prioritization-used', 'True'];
  const isQueueRoute = input.request.url?.startsWith('/queue/') === true;
  return isQueueRoute ? [...used, 'x-litellm-priority', String(input.intent.priority ?? 0)] : used;
}

/** Why, for who asked and may know; of a stream what is known when it begins. */
function appendDecision(headers: string[], { input: { plan } }: Exchange): void {
  if (plan.context.explain === true && plan.trace !== undefined) {
    headers.push('x-loadstone-decision', decisionHeader(plan.trace.steps));
  }
}

/** What failed before the answer (`include_fallback_errors`), in one header: JSON, ASCII only. */
function appendFallbackErrors(headers: string[], exchange: Exchange): void {
  const { failures } = exchange.input.plan;
  if (failures.length === 0) return;
  const errors = failures.map(({ message, type, param, code }) => ({ message, type, param, code }));
  const text = JSON.stringify(errors).replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  headers.push('x-litellm-fallback-errors', text);
}

function fixedHeaders(runtime: Runtime, index: number): string[] {
  let all = deploymentHeaders.get(runtime);
  if (all === undefined) {
    all = runtime.config.table.deployments.map((deployment, i) => {
      const apiBase = runtime.config.deployments[i]?.target?.apiBase;
      return [
        'x-litellm-model-id',
        headerText(deployment.id),
        'x-litellm-model-name',
        headerText(deployment.litellmModel),
        ...(apiBase === undefined ? [] : ['x-litellm-model-api-base', headerText(apiBase)]),
        ...(deployment.region === undefined ? [] : ['x-litellm-model-region', headerText(deployment.region)]),
        'x-litellm-version',
        LITELLM_VERSION,
        'x-litellm-key-spend',
        '0.0',
      ];
    });
    deploymentHeaders.set(runtime, all);
  }
  return all[index] ?? [];
}

/** US dollars, from the deployment's prices; absent when no price is known (1.106, 10.6a). */
function appendCost(headers: string[], exchange: Exchange, planned: Attempt): void {
  const deployment = exchange.input.runtime.config.table.deployments[planned.deployment];
  const { usage } = exchange;
  if (usage === undefined || deployment?.inputCostPerToken === undefined) return;
  const input = usage.promptTokens * deployment.inputCostPerToken;
  const output = usage.completionTokens * (deployment.outputCostPerToken ?? 0);
  headers.push('x-litellm-response-cost', String(input + output));
}
