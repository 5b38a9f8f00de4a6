// A mock as the HTTP answer that a provider would have given: status and body, whole or as server-sent events. What
// reads it is the same code that reads real answers, so that a mocked attempt differs from a real one in nothing else.
import { randomUUID } from 'node:crypto';
import type { Endpoint } from './endpoint.ts';
import type { Mock, MockContent, MockedError } from './mock.ts';
import { mockResponseEvents, mockResponseObject, objectEvents } from './mock-responses.ts';
import { dataEvent, DONE_EVENT } from './sse-encode.ts';

/** What the request says about the form of the answer. */
export interface MockRequest {
  readonly endpoint: Endpoint;
  readonly stream: boolean;
  /** Shown as `model` where the upstream's own name is shown. */
  readonly model: string;
  /** A member of the request's body. */
  field(key: string): unknown;
}

/** Pieces are byte text, one character a byte. */
export interface MockedHttp {
  readonly status: number;
  readonly contentType: string;
  readonly pieces: Iterable<string>;
}

/** LiteLLM's counts for every mocked text. */
const USAGE = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };

/** LiteLLM sends mocked text three characters at a time; a long one in larger pieces, so that its events stay few. */
const PIECE_CHARACTERS = 3;
const MOST_PIECES = 1_000;

/** Answers to so many choices or inputs are made up at most. */
const MOST_COPIES = 128;

/** The texts are what the failures are told apart by, as with real providers. */
const ERRORS: Readonly<Record<MockedError, readonly [status: number, message: string]>> = {
  rate_limit: [429, 'this is a mock rate limit error'],
  internal: [500, 'this is a mock internal server error'],
  context_window: [400, 'this is a mock context window exceeded error'],
  content_policy: [400, 'Exception: content_filter_policy'],
  broken_stream: [529, 'This is a mock error raised mid-stream'],
};

/** `undefined`: this endpoint has no use for such a mock, the provider is asked. */
export function mockAnswer(mock: Mock, request: MockRequest): MockedHttp | undefined {
  const { content } = mock;
  if (content?.kind === 'error') return errorAnswer(content.error, request);
  switch (request.endpoint) {
    case 'speech':
    case 'transcriptions':
      return undefined;
    case 'embeddings':
      return embeddingAnswer(content, request);
    case 'chat':
      return content === undefined || content.kind === 'text' ? chatAnswer(mock, request) : objectAnswer(content);
    case 'completions':
      return content?.kind === 'text' ? completionAnswer(content.text, request) : objectAnswer(content);
    case 'responses':
      return responsesAnswer(content, request);
    default:
      return objectAnswer(content);
  }
}

function json(value: unknown, status = 200): MockedHttp {
  const bytes = Buffer.from(JSON.stringify(value)).toString('latin1');
  return { status, contentType: 'application/json', pieces: [bytes] };
}

function events(pieces: Iterable<string>): MockedHttp {
  return { status: 200, contentType: 'text/event-stream', pieces };
}

/** A stream breaks after its opening chunk and before any content, as 1.106's does (golden d54). */
function errorAnswer(error: MockedError, { endpoint, stream, model }: MockRequest): MockedHttp {
  const [status, message] = ERRORS[error];
  const body = { message, type: null, param: null, code: null };
  if (error !== 'broken_stream' || !stream) return json({ error: body }, status);
  const opening = endpoint === 'chat' ? [dataEvent(chatChunk(model)([choice(0, { role: 'assistant' })]))] : [];
  return events([...opening, dataEvent({ error: { ...body, code: status } })]);
}

function objectAnswer(content: MockContent | undefined): MockedHttp | undefined {
  return content?.kind === 'object' ? json(content.object) : undefined;
}

function chatAnswer(mock: Mock, request: MockRequest): MockedHttp {
  const text = mock.content?.kind === 'text' ? mock.content.text : undefined;
  const calls = mock.toolCalls.map((call) => ({ type: 'function', id: `call_${randomUUID()}`, ...call }));
  const finish = calls.length === 0 ? 'stop' : 'tool_calls';
  const indices = copies(request.field('n'));
  if (request.stream) return events(chatEvents(request.model, { text: text ?? '', calls, finish, indices }));
  const message = { role: 'assistant', content: text ?? null, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
  return json({
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: nowSeconds(),
    model: request.model,
    choices: indices.map((index) => ({ index, message, finish_reason: finish })),
    usage: USAGE,
  });
}

interface ChatTold {
  readonly text: string;
  readonly calls: readonly Readonly<Record<string, unknown>>[];
  readonly finish: string;
  readonly indices: readonly number[];
}

function* chatEvents(model: string, { text, calls, finish, indices }: ChatTold): Generator<string> {
  const chunk = chatChunk(model);
  let role: { role?: string } = { role: 'assistant' };
  for (const content of text === '' ? [] : piecesOf(text)) {
    for (const index of indices) yield dataEvent(chunk([choice(index, { ...role, content })]));
    role = {};
  }
  const toolCalls = calls.map((call, index) => ({ index, ...call }));
  for (const index of indices) {
    if (calls.length > 0) yield dataEvent(chunk([choice(index, { ...role, tool_calls: toolCalls })]));
    yield dataEvent(chunk([choice(index, {}, finish)]));
  }
  yield dataEvent({ ...chunk([]), usage: USAGE });
  yield DONE_EVENT;
}

function choice(index: number, delta: Readonly<Record<string, unknown>>, finish: string | null = null) {
  return { index, delta, logprobs: null, finish_reason: finish };
}

function chatChunk(model: string): (choices: readonly unknown[]) => Readonly<Record<string, unknown>> {
  const frame = { id: `chatcmpl-${randomUUID()}`, object: 'chat.completion.chunk', created: nowSeconds(), model };
  return (choices) => ({ ...frame, choices });
}

function completionAnswer(text: string, request: MockRequest): MockedHttp {
  const { model } = request;
  const indices = copies(request.field('n'));
  const frame = { id: `cmpl-${randomUUID()}`, object: 'text_completion', created: nowSeconds(), model };
  const told = (index: number, part: string, finish: string | null) => ({
    index,
    text: part,
    logprobs: null,
    finish_reason: finish,
  });
  if (!request.stream)
    return json({ ...frame, choices: indices.map((index) => told(index, text, 'stop')), usage: USAGE });
  const parts = [...piecesOf(text).map((part) => [part, null] as const), ['', 'stop'] as const];
  const chunks = parts.flatMap(([part, finish]) =>
    indices.map((index) => dataEvent({ ...frame, choices: [told(index, part, finish)] })),
  );
  return events([...chunks, dataEvent({ ...frame, choices: [], usage: USAGE }), DONE_EVENT]);
}

/** One vector for each input; a text stands where a vector would, as in 1.106 (golden d54). */
function embeddingAnswer(content: MockContent | undefined, request: MockRequest): MockedHttp | undefined {
  if (content?.kind === 'object') return json(content.object);
  if (content?.kind !== 'vector' && content?.kind !== 'text') return undefined;
  const input = request.field('input');
  const isBatch = Array.isArray(input) && typeof input[0] !== 'number';
  const embedding = content.kind === 'text' ? content.text : encoded(content.vector, request.field('encoding_format'));
  return json({
    object: 'list',
    model: request.model,
    data: copies(isBatch ? input.length : 1).map((index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: USAGE.prompt_tokens, total_tokens: USAGE.prompt_tokens },
  });
}

/** As OpenAI: little-endian 32-bit floats in base64 for whoever asks for it (its own client libraries do). */
function encoded(vector: readonly number[], format: unknown): readonly number[] | string {
  if (format !== 'base64') return vector;
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT);
  vector.forEach((value, at) => bytes.writeFloatLE(value, at * Float32Array.BYTES_PER_ELEMENT));
  return bytes.toString('base64');
}

function responsesAnswer(content: MockContent | undefined, { stream, model }: MockRequest): MockedHttp | undefined {
  if (content?.kind === 'object') return stream ? events(objectEvents(content.object)) : json(content.object);
  if (content?.kind !== 'text') return undefined;
  const { text } = content;
  const parts = { model, text, createdSeconds: nowSeconds() };
  return stream ? events(mockResponseEvents(parts, piecesOf(text))) : json(mockResponseObject(parts));
}

/** At least one piece; characters outside the BMP stay whole. */
function piecesOf(text: string): string[] {
  const characters = Array.from(text);
  const size = Math.max(PIECE_CHARACTERS, Math.ceil(characters.length / MOST_PIECES));
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''));
  return pieces.length === 0 ? [''] : pieces;
}

function copies(count: unknown): number[] {
  const wanted = typeof count === 'number' && count >= 1 ? Math.trunc(count) : 1;
  return Array.from({ length: Math.min(wanted, MOST_COPIES) }, (_, index) => index);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
