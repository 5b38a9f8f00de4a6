// Writes an answer to the socket, with all faults that need one: latency, pace, cuts, stalls, malformed events, bodies
// that are not what was asked for. Every wait ends when the client goes away.
import type { ServerResponse } from 'node:http';
import type { Answer, StreamEvent } from './answer.ts';
import type { Behaviour } from './fault.ts';

/** Time as the fake provider sees it; tests hand in their own. */
export interface FakeClock {
  /** Monotonic milliseconds. */
  now(): number;
  random(): number;
  /** Calls back once after `ms`; returns the cancel function. */
  after(ms: number, callback: () => void): () => void;
}

/** Told what really went out. */
export interface SendObserver {
  onHead(status: number): void;
  onToken(): void;
  /** The connection is about to be broken on purpose. */
  onBreak(): void;
}

/** One response being written. */
export interface Outgoing {
  readonly response: ServerResponse;
  readonly behaviour: Behaviour;
  readonly clock: FakeClock;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly observer: SendObserver;
  /** The event that a vendor puts into a stream that it cannot go on with. */
  readonly errorEvent: () => string;
}

const HTML_PAGE =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>' +
  '<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>\n';
const GARBAGE = '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"mess\u0000\u0001 not json';
const BODY_SLICE_BYTES = 16 * 1024;
const HUGE_BYTES = 64 * 1024 * 1024;

/** Resolves after `ms`, or as soon as the connection is gone. */
export function pause(out: Outgoing, ms: number): Promise<void> {
  const { response, clock } = out;
  if (ms <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      response.off('close', giveUp);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    const giveUp = () => {
      cancel();
      resolve();
    };
    response.once('close', giveUp);
  });
}

/** Resolves when the connection is gone. */
export function gone(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => response.once('close', resolve));
}

/** Ends the connection the hard way: `reset` with a TCP RST, `close` with a FIN and no answer. */
export function breakConnection({ response, observer }: Outgoing, how: 'reset' | 'close'): void {
  const { socket } = response;
  if (socket === null) return;
  observer.onBreak();
  if (how === 'reset') socket.resetAndDestroy();
  else socket.destroy();
}

/** Writes and waits until the bytes left this process's buffers, so that a cut loses nothing that came before it. */
function write(response: ServerResponse, data: string | Uint8Array): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(data, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

async function cut(out: Outgoing): Promise<void> {
  const how = out.behaviour.cutHow ?? 'drop';
  if (how === 'end') out.response.end();
  else breakConnection(out, how === 'reset' ? 'reset' : 'close');
  await gone(out.response);
}

interface ByteAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

async function sendBytes(out: Outgoing, answer: ByteAnswer): Promise<void> {
  const { response, behaviour } = out;
  const { bytes } = answer;
  out.observer.onHead(answer.status);
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': bytes.length,
    ...out.headers,
    ...answer.headers,
  });
  const rate = behaviour.bodyBytesPerSecond;
  const broken = behaviour.cutAfterTokens ?? behaviour.stallAfterTokens;
  if (rate === undefined && broken === undefined) {
    response.end(bytes);
    return;
  }
  const sent = broken === undefined ? bytes.length : Math.min(bytes.length >> 1, broken * 4 + 1);
  await sendSlices(out, bytes.subarray(0, sent), rate);
  if (broken === undefined) response.end();
  else if (behaviour.cutAfterTokens !== undefined) await cut({ ...out, behaviour: dropAtLeast(behaviour) });
  else await gone(response);
}

/** A clean early end is no option once a content length was promised. */
function dropAtLeast(behaviour: Behaviour): Behaviour {
  return behaviour.cutHow === 'end' ? { ...behaviour, cutHow: 'drop' } : behaviour;
}

async function sendSlices(out: Outgoing, bytes: Uint8Array, bytesPerSecond: number | undefined): Promise<void> {
  // At most ten slices a second, each of the size that the rate asks for.
  const slice = bytesPerSecond === undefined ? BODY_SLICE_BYTES : Math.max(1, Math.ceil(bytesPerSecond / 10));
  for (let start = 0; start < bytes.length && !out.response.destroyed; start += slice) {
    const part = bytes.subarray(start, start + slice);
    await write(out.response, part);
    if (bytesPerSecond !== undefined) await pause(out, (part.length * 1000) / bytesPerSecond);
  }
}

function paddedJson(body: unknown, bytes: number): Buffer {
  const text = JSON.stringify(body);
  const padding = Math.max(0, bytes - text.length - 13);
  return Buffer.from(text.endsWith('}') ? `${text.slice(0, -1)},"padding":"${'x'.repeat(padding)}"}` : text);
}

const MALFORMED_EVENT = 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"del\n\n';

/** How far a stream is: so many token events, or one of the two places that no number names. */
type Place = number | 'headers' | 'finish';

/** What ends a stream at a place, if anything does. */
type Ending = 'cut' | 'stall' | 'error' | undefined;

function endingAt(behaviour: Behaviour, place: Place): Ending {
  if (behaviour.breakAt === place) return behaviour.breakHow ?? 'cut';
  if (behaviour.errorAfterTokens === place) return 'error';
  if (behaviour.cutAfterTokens === place) return 'cut';
  return behaviour.stallAfterTokens === place && behaviour.stallMs === undefined ? 'stall' : undefined;
}

/** Does what the behaviour has for this place of a stream; true when the stream ends with it. */
async function interrupt(out: Outgoing, place: Place): Promise<boolean> {
  const { response, behaviour } = out;
  const { stallMs } = behaviour;
  if (behaviour.malformedAfterTokens === place) await write(response, MALFORMED_EVENT);
  if (behaviour.stallAfterTokens === place && stallMs !== undefined) await pause(out, stallMs);
  const ending = endingAt(behaviour, place);
  if (ending === undefined) return false;
  await write(response, ending === 'error' ? out.errorEvent() : '');
  if (ending === 'error') response.end();
  else if (ending === 'cut') await cut(out);
  else await gone(response);
  return true;
}

function isOmitted(event: StreamEvent, behaviour: Behaviour): boolean {
  return (
    (event.role === 'done' && behaviour.omitDone === true) ||
    (event.role === 'finish' && behaviour.omitFinishReason === true)
  );
}

async function sendEvents(out: Outgoing, events: Iterable<StreamEvent>): Promise<void> {
  const { response, behaviour, clock } = out;
  out.observer.onHead(200);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...out.headers,
  });
  response.flushHeaders();
  if (behaviour.firstTokenMs !== undefined) await pause(out, behaviour.firstTokenMs);
  if (await interrupt(out, 'headers')) return;
  const tokenMs = behaviour.tokensPerSecond === undefined ? 0 : 1000 / behaviour.tokensPerSecond;
  const startMs = clock.now();
  let tokens = 0;
  let interruptedAt = -1;
  for (const event of events) {
    if (response.destroyed) return;
    if (tokens !== interruptedAt && event.role !== 'opening') {
      interruptedAt = tokens;
      if (await interrupt(out, tokens)) return;
    }
    if ((event.role === 'usage' || event.role === 'done') && (await interrupt(out, 'finish'))) return;
    if (isOmitted(event, behaviour)) continue;
    // Awaiting only a full buffer keeps an unpaced stream cheap.
    if (!response.write(event.text)) await write(response, '');
    if (event.role !== 'token') continue;
    tokens += 1;
    out.observer.onToken();
    if (tokenMs > 0) await pause(out, startMs + tokens * tokenMs - clock.now());
  }
  response.end();
}

/** What a proxy in front of the vendor, or a broken one, sends instead of the answer. */
function foreignBody(kind: 'html' | 'empty' | 'garbage'): Pick<ByteAnswer, 'contentType' | 'bytes'> {
  if (kind === 'html') return { contentType: 'text/html', bytes: Buffer.from(HTML_PAGE) };
  return { contentType: 'application/json', bytes: Buffer.from(kind === 'empty' ? '' : GARBAGE) };
}

/** Sends `answer` as the behaviour has it. Resolves when it is sent, broken off, or the client is gone. */
export function sendAnswer(out: Outgoing, answer: Answer): Promise<void> {
  const { body, bodyBytes } = out.behaviour;
  const status = answer.kind === 'events' ? 200 : answer.status;
  const headers = answer.kind === 'json' ? (answer.headers ?? {}) : {};
  if (body === 'html' || body === 'empty' || body === 'garbage') {
    return sendBytes(out, { status, headers, ...foreignBody(body) });
  }
  if (answer.kind === 'events') return sendEvents(out, answer.events);
  if (answer.kind === 'bytes') return sendBytes(out, answer);
  const isHuge = body === 'huge';
  const bytes = isHuge ? paddedJson(answer.body, bodyBytes ?? HUGE_BYTES) : Buffer.from(JSON.stringify(answer.body));
  return sendBytes(out, { status, headers, contentType: 'application/json', bytes });
}
