// One health check over the wire: the deployment's own provider code and transport, a bound in time, and the answer
// judged by the same rules as a client's. It feeds no breaker and takes from no limit: a check is not traffic.
import { classifyAnswer, classifyBroken, unsupportedFailure } from '../../core/classify.ts';
import type { Deployment } from '../../core/deployment.ts';
import type { Failure } from '../../core/outcome.ts';
import type { Millis } from '../../core/units.ts';
import { header } from '../../gateway/answer-headers.ts';
import type { ProviderTarget } from '../../provider/types.ts';
import type { Clock } from '../../upstream/clock.ts';
import { CredentialError, type CredentialCache } from '../../upstream/credentials.ts';
import type { Transport } from '../../upstream/transport.ts';
import { UpstreamCall, type AnswerHeaders, type BrokenCall } from '../../upstream/upstream-call.ts';
import { readAnswer } from '../../wire/answer.ts';
import { jsonBodyOf } from '../../wire/json-body.ts';
import type { HealthRequest } from './health-request.ts';
import { silentAudioForm } from './silent-audio.ts';

/** What one check came to. */
export interface HealthAnswer {
  /** `undefined`: healthy. */
  readonly failure: Failure | undefined;
  readonly headers: AnswerHeaders;
}

export interface HealthTarget {
  readonly deployment: Deployment;
  readonly target: ProviderTarget;
  readonly transport: Transport;
  readonly timeoutMs: Millis;
}

export interface HealthServices {
  readonly clock: Clock;
  readonly credentials: CredentialCache;
}

/** Asks the deployment; never rejects for anything that an upstream does. */
export async function checkHealth(
  request: HealthRequest,
  { deployment, target, transport, timeoutMs }: HealthTarget,
  { clock, credentials }: HealthServices,
): Promise<HealthAnswer> {
  const context = { provider: deployment.provider, callerCredentials: false, setByCaller: false, timeoutMs };
  const { endpoint, fields, upstreamModel } = request;
  let token: string | undefined;
  try {
    if (target.credential !== undefined) token = await credentials.token(target.credential, transport);
  } catch (error) {
    const message = error instanceof CredentialError ? error.message : 'the token endpoint could not be reached';
    const broken = { kind: 'transport', phase: 'connect', code: 'CREDENTIAL', message } as const;
    return { failure: classifyBroken(broken, context), headers: {} };
  }
  const upstream = target.request({
    endpoint,
    stream: false,
    body: fields === undefined ? undefined : jsonBodyOf({ model: upstreamModel, ...fields }),
    raw: fields === undefined ? silentAudioForm(upstreamModel) : undefined,
    upstreamModel,
    overrides: undefined,
    apiVersion: undefined,
    token,
    clientHeaders: [],
  });
  if ('kind' in upstream) return { failure: unsupportedFailure(upstream.message, upstream.param), headers: {} };
  return new Promise((resolve) => {
    const call = new HealthCall(clock, { request, context, resolve });
    call.begin();
    call.send(transport.dispatcher(upstream.origin), upstream.origin, upstream);
  });
}

interface CallContext {
  readonly request: HealthRequest;
  readonly context: Parameters<typeof classifyBroken>[1] & { readonly timeoutMs: Millis };
  readonly resolve: (answer: HealthAnswer) => void;
}

class HealthCall extends UpstreamCall {
  readonly #context: CallContext;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: AnswerHeaders = {};

  constructor(clock: Clock, context: CallContext) {
    super(clock);
    this.#context = context;
  }

  begin(): void {
    this.startTimer(this.#context.context.timeoutMs, (call) =>
      call.breakWith({ kind: 'timeout', phase: call.phase, code: 'ATTEMPT_TIMEOUT', message: 'no answer in time' }),
    );
  }

  protected onHead(status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  protected onBytes(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  protected onComplete(): void {
    this.#context.resolve({ failure: this.#judge(), headers: this.#headers });
  }

  protected onBroken(broken: BrokenCall): void {
    const { resolve, context } = this.#context;
    resolve({ failure: classifyBroken(broken, context), headers: this.#headers });
  }

  #judge(): Failure | undefined {
    const { request, context } = this.#context;
    const isError = this.#status >= 300;
    const answer = isError ? undefined : readAnswer(this.#chunks, { endpoint: request.endpoint, model: undefined });
    if (answer?.kind === 'answer') return undefined;
    return classifyAnswer({
      ...context,
      status: this.#status,
      header: (name) => header(this.#headers, name),
      body: Buffer.concat(this.#chunks).toString('utf8'),
      badAnswer: answer?.reason,
    });
  }
}
