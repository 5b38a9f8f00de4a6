// One chat request to several models (`model: "a,b"`): each is asked as a request of its own, with its own plan, log line
// and metrics. The client gets the list of answers, or with `fastest_response` the first that succeeds.
import type { Failure } from '../core/outcome.ts';
import { internalFailure } from '../core/own-failures.ts';
import { errorEnvelope } from '../wire/error-envelope.ts';
import type { ClientResponse } from './client-response.ts';
import { CollectedReply } from './collected-reply.ts';
import type { Exchange, FanOut, UnderstoodRequest } from './exchange.ts';
import { execute } from './executor.ts';
import { openExchange, type ExchangeOrigin, type ExchangeWorld } from './open-exchange.ts';
import { RacingReply, type Race } from './racing-reply.ts';
import { clientError, LITELLM_VERSION } from './reply.ts';

/** A fan-out under way. */
export class FanOutRun {
  readonly #origin: ExchangeOrigin;
  readonly #race: Race | undefined;
  readonly #replies: readonly CollectedReply[];
  readonly #exchanges: readonly Exchange[];
  #isGone = false;

  constructor(
    world: ExchangeWorld,
    origin: ExchangeOrigin,
    asked: { readonly understood: UnderstoodRequest; readonly fanOut: FanOut },
  ) {
    const { understood } = asked;
    const { models, isRace } = asked.fanOut;
    this.#origin = origin;
    const race = isRace ? { client: origin.response, winner: undefined, won: () => this.#cancelLosers() } : undefined;
    this.#race = race;
    this.#replies = models.map(() => (race === undefined ? new CollectedReply() : new RacingReply(race)));
    this.#exchanges = models.map((model, at) => {
      const response: ClientResponse = this.#replies[at] ?? new CollectedReply();
      const intent = { ...understood.intent, model };
      return openExchange(
        world,
        { ...origin, response },
        { ...understood, intent, bodyModel: model, fanOut: undefined },
      );
    });
  }

  /** The client went away. */
  leave(): void {
    this.#isGone = true;
    for (const exchange of this.#exchanges) exchange.leave();
  }

  /** Resolves when every model has come to its end and the client has its answer. */
  async run(): Promise<void> {
    await Promise.all(
      this.#exchanges.map((exchange, at) => execute(exchange).catch((error: unknown) => this.#onBug(at, error))),
    );
    if (this.#isGone) return;
    if (this.#race?.winner !== undefined) return;
    const first = this.#replies[0];
    const hasSuccess = this.#race === undefined && this.#replies.some(({ status }) => isSuccess(status));
    if (hasSuccess) this.#sendList();
    else if (first !== undefined) this.#send(first.status, first.headers, bodyOf(first));
  }

  /** A bug of ours in one request: it ends that one. */
  #onBug(at: number, error: unknown): void {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    this.#replies[at]?.destroy();
  }

  #cancelLosers(): void {
    this.#exchanges.forEach((exchange, at) => {
      if (this.#replies[at] !== this.#race?.winner) exchange.leave();
    });
  }

  #sendList(): void {
    const parts = this.#replies.flatMap((reply, at) => [Buffer.from(at === 0 ? '[' : ','), bodyOf(reply)]);
    const headers = ['x-litellm-call-id', this.#origin.callId, 'x-litellm-version', LITELLM_VERSION];
    const body = Buffer.concat([...parts, Buffer.from(']')]);
    headers.push('content-type', 'application/json', 'content-length', String(body.length));
    this.#send(200, headers, body);
  }

  #send(status: number, headers: readonly string[], body: Buffer): void {
    const { response } = this.#origin;
    if (status === 0) response.writeHead(INTERNAL.status, ['content-type', 'application/json']);
    else response.writeHead(status, [...headers]);
    response.end(body);
  }
}

const INTERNAL: Failure = internalFailure();

/** What stands for a model whose request met a bug of ours. */
function bodyOf(reply: CollectedReply): Buffer {
  return reply.status === 0 ? Buffer.from(errorEnvelope(clientError(INTERNAL))) : reply.body();
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
