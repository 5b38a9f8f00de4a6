// Starts one attempt: builds the upstream request in the deployment's dialect and sends it as a plain call or a stream.
// Whatever happens, the promise resolves with an outcome; nothing here retries.
import { classifyBroken, unsupportedFailure } from '../core/classify.ts';
import type { Attempt, Failure, Outcome } from '../core/outcome.ts';
import type { Millis } from '../core/units.ts';
import type { ProviderCall, ProviderTarget, UpstreamRequest } from '../provider/types.ts';
import { CredentialError } from '../upstream/credentials.ts';
import type { AnswerHeaders } from '../upstream/upstream-call.ts';
import type { Answer } from '../wire/answer.ts';
import type { Exchange } from './exchange.ts';
import { PlainAttempt } from './plain-attempt.ts';
import { StreamAttempt } from './stream-attempt.ts';

/** A complete plain answer, ready to be sent. */
export interface ReadyAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly contentType: string;
  readonly body: Answer['body'];
}

export interface AttemptResult {
  readonly outcome: Outcome;
  /** Present for a plain success; a stream has already been relayed. */
  readonly answer: ReadyAnswer | undefined;
  readonly firstContentMs: Millis | undefined;
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
}

/** An attempt that ended before anything was sent upstream. */
export function unsentResult(failure: Failure): AttemptResult {
  return {
    outcome: { kind: 'failure', failure, committed: false, unsent: true },
    answer: undefined,
    firstContentMs: undefined,
    remainingRequests: undefined,
    remainingTokens: undefined,
  };
}

export const ABANDONED: AttemptResult = {
  outcome: { kind: 'abandoned' },
  answer: undefined,
  firstContentMs: undefined,
  remainingRequests: undefined,
  remainingTokens: undefined,
};

export function runAttempt(exchange: Exchange, planned: Attempt): Promise<AttemptResult> | AttemptResult {
  const { runtime } = exchange.input;
  const target = runtime.config.deployments[planned.deployment]?.target;
  if (target === undefined) return unsentResult(unsupportedFailure('this deployment is out of rotation', null));
  return target.credential === undefined
    ? send(exchange, planned, { target, token: undefined })
    : sendWithToken(exchange, planned, target);
}

async function sendWithToken(exchange: Exchange, planned: Attempt, target: ProviderTarget): Promise<AttemptResult> {
  const { runtime, services } = exchange.input;
  const transport = runtime.transports[planned.deployment];
  if (target.credential === undefined || transport === undefined) throw new Error('no credential to fetch');
  try {
    const token = await services.credentials.token(target.credential, transport);
    if (exchange.isGone) return ABANDONED;
    return await send(exchange, planned, { target, token });
  } catch (error) {
    const message = error instanceof CredentialError ? error.message : 'the token endpoint could not be reached';
    return unsentResult(
      classifyBroken({ kind: 'transport', phase: 'connect', code: 'CREDENTIAL', message }, brokenContext(exchange, planned)),
    );
  }
}

function send(
  exchange: Exchange,
  planned: Attempt,
  callee: { readonly target: ProviderTarget; readonly token: string | undefined },
): Promise<AttemptResult> | AttemptResult {
  const { runtime, intent } = exchange.input;
  const transport = runtime.transports[planned.deployment];
  if (transport === undefined) throw new Error(`deployment ${planned.deployment} has no transport`);
  const request = callee.target.request(providerCall(exchange, planned, callee.token));
  if ('kind' in request) return unsentResult(unsupportedFailure(request.message, request.param));
  const dispatcher = transport.dispatcher(request.origin);
  return new Promise((resolve) => {
    const attempt = intent.stream
      ? new StreamAttempt({ exchange, planned, resolve })
      : new PlainAttempt({ exchange, planned, resolve });
    exchange.call = attempt;
    attempt.begin();
    attempt.send(dispatcher, request.origin, request satisfies UpstreamRequest);
  });
}

function providerCall(exchange: Exchange, planned: Attempt, token: string | undefined): ProviderCall {
  const { endpoint, intent, body, multipart, apiVersion } = exchange.input;
  return {
    endpoint,
    stream: intent.stream,
    body,
    raw:
      multipart === undefined
        ? undefined
        : { body: multipart.withModel(planned.upstreamModel), contentType: multipart.contentType },
    upstreamModel: planned.upstreamModel,
    overrides: planned.overrides,
    apiVersion,
    token,
    clientHeaders: exchange.input.clientHeaders,
  };
}

/** What classification needs to know about where a failure happened. */
export function brokenContext(exchange: Exchange, planned: Attempt) {
  const deployment = exchange.input.runtime.config.table.deployments[planned.deployment];
  return {
    provider: deployment?.provider ?? 'openai',
    callerCredentials: exchange.input.intent.callerCredentials,
    setByCaller: planned.timeouts.setByCaller,
    stream: exchange.input.intent.stream,
    endpoint: exchange.input.endpoint,
    timeoutMs: planned.timeouts.totalMs ?? planned.timeouts.firstContentMs,
  };
}
