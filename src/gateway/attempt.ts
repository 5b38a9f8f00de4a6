// Starts one attempt: builds the upstream request in the deployment's dialect and sends it as a plain call or a stream.
// Whatever happens, the promise resolves with an outcome; nothing here retries.
import { classifyBroken, unsupportedFailure } from '../core/classify.ts';
import type { Attempt } from '../core/outcome.ts';
import type { ProviderCall, ProviderTarget, UpstreamRequest } from '../provider/types.ts';
import { CredentialError } from '../upstream/credentials.ts';
import type { CallRequest } from '../upstream/upstream-call.ts';
import type { Exchange } from './exchange.ts';
import { ABANDONED, brokenContext, unsentResult, type AttemptInput, type AttemptResult } from './attempt-result.ts';
import { mockedAttempt, mockOf, type MockedAttempt } from './mock-attempt.ts';
import { PlainAttempt } from './plain-attempt.ts';
import { upstreamIds } from './response-ids.ts';
import { prefillOf } from './resume-stream.ts';
import { StreamAttempt } from './stream-attempt.ts';

/** What an attempt is made from. */
export type AttemptStart = Omit<AttemptInput, 'resolve'>;

export function runAttempt(start: AttemptStart): Promise<AttemptResult> | AttemptResult {
  const { exchange, planned } = start;
  const { runtime } = exchange.input;
  const mock = mockOf(exchange, planned);
  const mocked = mock && mockedAttempt(exchange, planned, mock);
  if (mocked !== undefined) return play(start, mocked);
  const target = runtime.config.deployments[planned.deployment]?.target;
  if (target === undefined) return unsentResult(unsupportedFailure('this deployment is out of rotation', null));
  return target.credential === undefined ? send(start, { target, token: undefined }) : sendWithToken(start, target);
}

async function sendWithToken(start: AttemptStart, target: ProviderTarget): Promise<AttemptResult> {
  const { exchange, planned } = start;
  const { runtime, services } = exchange.input;
  const transport = runtime.transports[planned.deployment];
  if (target.credential === undefined || transport === undefined) throw new Error('no credential to fetch');
  try {
    const token = await services.credentials.token(target.credential, transport);
    const isBeaten = exchange.winner !== undefined && exchange.winner !== planned;
    if (exchange.isGone || isBeaten) return ABANDONED;
    return await send(start, { target, token });
  } catch (error) {
    const message = error instanceof CredentialError ? error.message : 'the token endpoint could not be reached';
    return unsentResult(
      classifyBroken(
        { kind: 'transport', phase: 'connect', code: 'CREDENTIAL', message },
        brokenContext(exchange, planned),
      ),
    );
  }
}

function send(
  start: AttemptStart,
  callee: { readonly target: ProviderTarget; readonly token: string | undefined },
): Promise<AttemptResult> | AttemptResult {
  const { exchange, planned } = start;
  const { runtime } = exchange.input;
  const transport = runtime.transports[planned.deployment];
  if (transport === undefined) throw new Error(`deployment ${planned.deployment} has no transport`);
  const request = callee.target.request(providerCall(exchange, planned, callee.token));
  if ('kind' in request) return unsentResult(unsupportedFailure(request.message, request.param));
  const dispatcher = transport.dispatcher(request.origin);
  return new Promise((resolve) => {
    const attempt = startAttempt({ ...start, resolve });
    attempt.begin();
    attempt.send(dispatcher, request.origin, request satisfies UpstreamRequest);
  });
}

/** What a mocked attempt "sends": nothing reads it. */
const NOTHING_SENT: CallRequest = { path: '/', method: 'POST', headers: [], body: undefined };

function play(start: AttemptStart, mocked: MockedAttempt): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const attempt = startAttempt({ ...start, resolve });
    if (mocked.timesOutAfterMs === undefined) attempt.begin();
    else attempt.timeOutAfter(mocked.timesOutAfterMs, 'This is a mock timeout error');
    attempt.send(mocked.upstream, 'mock:', NOTHING_SENT);
  });
}

function startAttempt(input: AttemptInput): PlainAttempt | StreamAttempt {
  const { exchange, planned } = input;
  if (!exchange.input.intent.stream) {
    const plain = new PlainAttempt(input);
    exchange.call = plain;
    return plain;
  }
  const stream = new StreamAttempt(input);
  if (planned.isRival) exchange.rivalCall = stream;
  else exchange.call = stream;
  return stream;
}

function providerCall(exchange: Exchange, planned: Attempt, token: string | undefined): ProviderCall {
  const { endpoint, intent, body, multipart, apiVersion } = exchange.input;
  const ids = upstreamIds(exchange);
  const added =
    ids === undefined && planned.resume === undefined ? undefined : { ...ids, ...prefillOf(exchange, planned) };
  return {
    endpoint,
    stream: intent.stream,
    body,
    raw:
      multipart === undefined
        ? undefined
        : { body: multipart.withModel(planned.upstreamModel), contentType: multipart.contentType },
    upstreamModel: planned.upstreamModel,
    overrides: added === undefined ? planned.overrides : { ...planned.overrides, ...added },
    apiVersion,
    token,
    clientHeaders: exchange.input.clientHeaders,
  };
}
