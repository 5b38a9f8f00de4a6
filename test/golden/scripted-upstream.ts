// The upstreams of a replay: six servers on loopback that answer as a case's script says and write down what came.
// One object for all six, because a script speaks of all of them and the order of attempts is an order over all.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { autoAnswer } from './auto-answer.ts';
import { UPSTREAMS, type UpstreamName } from './placeholders.ts';
import type { AnswerList, Json, ScriptedAnswer, StreamPiece, UpstreamAttempt, UpstreamScript } from './record.ts';

/** Enough for a peer on the same machine to read what was sent. */
const DELIVERY_MS = 50;
const AUTO: ScriptedAnswer = { auto: true };

/** Takes the answers of a script one after the other; the last of a list repeats. */
export class AnswerScript {
  readonly #script: UpstreamScript;
  readonly #taken = new Map<readonly ScriptedAnswer[], Map<string, number>>();

  constructor(script: UpstreamScript) {
    this.#script = script;
  }

  next(upstream: string, model: string | undefined): ScriptedAnswer {
    const entry: AnswerList | undefined = this.#script[upstream] ?? this.#script['*'];
    if (entry === undefined) return AUTO;
    if (isList(entry)) return this.#take(entry, upstream);
    const list = entry.by_model[model ?? '*'] ?? entry.by_model['*'];
    return list === undefined ? AUTO : this.#take(list, upstream);
  }

  #take(list: readonly ScriptedAnswer[], upstream: string): ScriptedAnswer {
    const counts = this.#taken.get(list) ?? new Map<string, number>();
    this.#taken.set(list, counts);
    const position = counts.get(upstream) ?? 0;
    counts.set(upstream, position + 1);
    return list[Math.min(position, list.length - 1)] ?? AUTO;
  }
}

function isList(entry: AnswerList): entry is readonly ScriptedAnswer[] {
  return Array.isArray(entry);
}

/** The six upstreams. `close` destroys what is still open. */
export class ScriptedUpstreams {
  readonly #servers = new Map<UpstreamName, Server>();
  #script = new AnswerScript({});
  #attempts: UpstreamAttempt[] = [];

  /** Starts all six on free loopback ports. */
  async start(): Promise<Readonly<Record<UpstreamName, number>>> {
    const ports = await Promise.all(UPSTREAMS.map(async (name) => [name, await this.#listen(name)] as const));
    return Object.fromEntries(ports) as Record<UpstreamName, number>;
  }

  /** From now on this script answers, from its beginning. */
  play(script: UpstreamScript): void {
    this.#script = new AnswerScript(script);
  }

  /** What came since the last call. */
  takeAttempts(): UpstreamAttempt[] {
    const attempts = this.#attempts;
    this.#attempts = [];
    return attempts;
  }

  close(): void {
    for (const server of this.#servers.values()) {
      server.close();
      server.closeAllConnections();
    }
  }

  #listen(name: UpstreamName): Promise<number> {
    const server = createServer((request, response) => {
      this.#answer(name, request, response).catch(() => response.destroy());
    });
    server.keepAliveTimeout = 60_000;
    this.#servers.set(name, server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  }

  async #answer(name: UpstreamName, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
    const body = await readBody(request);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    this.#attempts.push({ to: name, method: request.method ?? '', path, query, headers, body });
    const scripted = request.method === 'GET' ? AUTO : this.#script.next(name, modelOf(body));
    if (scripted.delay_ms !== undefined) await pause(scripted.delay_ms);
    const answer = scripted.auto === true ? autoAnswer({ upstream: name, path, body }) : scripted;
    await send(answer, response);
  }
}

async function send(answer: ScriptedAnswer, response: ServerResponse): Promise<void> {
  const socket = response.socket;
  if (socket === null || socket.destroyed || answer.hang === true) return;
  if (answer.reset === true) return void socket.resetAndDestroy();
  if (answer.close === true) return void socket.destroy();
  socket.setNoDelay(true);
  if (answer.stream !== undefined) return sendStream(answer.stream, answer, response);
  const body = answer.json === undefined ? (answer.body ?? '') : JSON.stringify(answer.json);
  const contentType = answer.json === undefined ? 'text/plain' : 'application/json';
  response.writeHead(answer.status ?? 200, {
    'content-type': contentType,
    ...answer.headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function sendStream(
  pieces: readonly StreamPiece[],
  answer: ScriptedAnswer,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(answer.status ?? 200, { 'content-type': 'text/event-stream', ...answer.headers });
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (typeof piece === 'string') await write(response, piece);
    else if (piece.delay_ms !== undefined) await pause(piece.delay_ms);
    else if (piece.cut === true) return void response.socket?.end();
    else if (piece.reset === true) return resetAfterDelivery(response);
  }
  response.end();
}

/** A reset throws away what the peer has not read yet, and the record is of a peer that had read it. */
async function resetAfterDelivery(response: ServerResponse): Promise<void> {
  await pause(DELIVERY_MS);
  response.socket?.resetAndDestroy();
}

/** Resolves when the bytes are with the operating system: a reset right after must not swallow them. */
function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    response.write(text, () => resolve());
    response.once('close', resolve);
  });
}

async function readBody(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function modelOf(body: Json): string | undefined {
  if (typeof body !== 'object' || body === null || !('model' in body)) return undefined;
  return typeof body.model === 'string' ? body.model : undefined;
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
