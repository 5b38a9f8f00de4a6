// The upstream of large numbers, a process of its own: thousands of streams at an even pace for one write a token, which
// the fake provider with its many faults cannot do beside a gateway on two cores. Model `flood` sends as fast as it is
// taken. Started by `startUpstream` with its plan as the only argument; reports when it is asked.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface UpstreamPlan {
  /** Of each paced stream. */
  readonly tokensPerSecond: number;
  readonly tokens: number;
  /** Of each flood: pieces of so many bytes. */
  readonly pieces: number;
  readonly pieceBytes: number;
}

export interface UpstreamReport {
  /** Connections. */
  readonly open: number;
  /** Answers under way. */
  readonly streams: number;
  /** When the latest connection was closed, in milliseconds since 1970. */
  readonly lastClosedAt: number;
  /** The most that a round of tokens came after its time. */
  readonly worstLateMs: number;
  /** What the floods have given to the system in all, as HTTP body. */
  readonly floodedBytes: number;
}

/** Streams are spread evenly over so many rounds for each of their tokens. */
const ROUNDS = 10;
const END =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n' +
  'data: [DONE]\n\n';

function tokenEvent(nth: number, padding = 0): string {
  const delta = { ...(nth === 0 && { role: 'assistant' }), content: `${nth} ${'x'.repeat(padding)}` };
  const choices = [{ index: 0, delta, finish_reason: null }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

class PacedUpstream {
  readonly #plan: UpstreamPlan;
  readonly #events: readonly string[];
  readonly #rounds: readonly Map<ServerResponse, number>[] = Array.from({ length: ROUNDS }, () => new Map());
  readonly #sockets = new Set<Socket>();
  readonly #startedAt = performance.now();
  #round = 0;
  #begun = 0;
  #lastClosedAt = 0;
  #worstLateMs = 0;
  #floods = 0;
  #floodedBytes = 0;

  constructor(plan: UpstreamPlan) {
    this.#plan = plan;
    this.#events = Array.from({ length: plan.tokens }, (_, nth) => tokenEvent(nth));
    setInterval(() => this.#catchUp(), 1000 / plan.tokensPerSecond / ROUNDS);
  }

  get report(): UpstreamReport {
    return {
      open: this.#sockets.size,
      streams: this.#rounds.reduce((sum, round) => sum + round.size, 0) + this.#floods,
      lastClosedAt: this.#lastClosedAt,
      worstLateMs: this.#worstLateMs,
      floodedBytes: this.#floodedBytes,
    };
  }

  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#lastClosedAt = performance.timeOrigin + performance.now();
    });
  }

  answer(response: ServerResponse, isFlood: boolean): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (isFlood) return this.#flood(response);
    const round = this.#rounds[this.#begun % ROUNDS];
    this.#begun += 1;
    round?.set(response, 0);
    response.on('close', () => round?.delete(response));
  }

  /** Every round that is due by now: a late one does not make the streams slower. */
  #catchUp(): void {
    const roundMs = 1000 / this.#plan.tokensPerSecond / ROUNDS;
    for (let dueAt = this.#dueAt(roundMs); dueAt <= performance.now(); dueAt = this.#dueAt(roundMs)) {
      if (this.#begun > 0) this.#worstLateMs = Math.max(this.#worstLateMs, performance.now() - dueAt);
      for (const [response, sent] of this.#rounds[this.#round % ROUNDS] ?? []) this.#sendToken(response, sent);
      this.#round += 1;
    }
  }

  #dueAt(roundMs: number): number {
    return this.#startedAt + (this.#round + 1) * roundMs;
  }

  #sendToken(response: ServerResponse, sent: number): void {
    const round = this.#rounds[this.#round % ROUNDS];
    const event = this.#events[sent] ?? '';
    if (sent + 1 < this.#plan.tokens) {
      response.write(event);
      round?.set(response, sent + 1);
      return;
    }
    round?.delete(response);
    response.end(event + END);
  }

  /** One piece after the other has left this process, so that what it holds itself is less than a piece. */
  #flood(response: ServerResponse): void {
    this.#floods += 1;
    response.on('close', () => (this.#floods -= 1));
    const { pieces, pieceBytes } = this.#plan;
    let nth = 0;
    const next = (): void => {
      if (nth === pieces) return void response.end(END);
      const piece = tokenEvent(nth, pieceBytes);
      nth += 1;
      response.write(piece, (error) => {
        if (error !== null && error !== undefined) return;
        this.#floodedBytes += piece.length;
        next();
      });
    };
    next();
  }
}

const upstream = new PacedUpstream(JSON.parse(process.argv[2] ?? '') as UpstreamPlan);
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => upstream.answer(response, (JSON.parse(body) as { model: string }).model === 'flood'));
});
server.on('connection', (socket: Socket) => upstream.connected(socket));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
process.on('message', () => process.send?.(upstream.report));
// The one who started it is gone: so is its purpose.
process.on('disconnect', () => process.exit(0));
