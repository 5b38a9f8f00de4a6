// A plain 2xx answer, whole: is it what was asked, what did it cost, and its bytes with the model name that the client
// is to see. Separate from requests because nothing of an answer is parsed but what must be understood.
import { randomUUID } from 'node:crypto';
import type { TokenUsage } from '../core/outcome.ts';
import { readChoiceEnds, repairedChoices } from './answer-choices.ts';
import type { ByteBody } from './body-types.ts';
import type { Endpoint } from './endpoint.ts';
import { readJsonBody } from './json-body.ts';
import type { ScannedBody } from './scanned-body.ts';
import { readRegularAnswer, type RegularAnswer } from './regular-answer.ts';
import { readUsage } from './usage.ts';

export interface AnswerOptions {
  readonly endpoint: Endpoint;
  /** Shown to the client as `model`; `undefined` leaves the upstream's. */
  readonly model: string | undefined;
  /** Responses API: what the client is to see for the upstream's ids, its own and the one that it continues. */
  readonly rewriteId?: ((id: string) => string) | undefined;
}

export interface Answer {
  readonly kind: 'answer';
  /** Text holds one byte per character (latin1). */
  readonly body: ByteBody | string;
  readonly usage: TokenUsage | undefined;
  /** A choice ended with finish_reason `content_filter`. */
  readonly isContentFiltered: boolean;
}

/** A 2xx that is not what was asked: a failure of the deployment (DESIGN 5). */
export interface BadAnswer {
  readonly kind: 'bad';
  readonly reason: string;
  /** The provider's error object, when it sent one with a 2xx. */
  readonly error: unknown;
}

/** The member that makes an answer one to this endpoint. */
const PAYLOAD: Readonly<Partial<Record<Endpoint, string>>> = {
  chat: 'choices',
  completions: 'choices',
  embeddings: 'data',
  images: 'data',
  moderations: 'results',
  rerank: 'results',
  responses: 'output',
};

/** `object` of the answers that always have one. */
const OBJECT_NAME: Readonly<Partial<Record<Endpoint, string>>> = {
  chat: '"chat.completion"',
  completions: '"text_completion"',
  embeddings: '"list"',
};

/** What LiteLLM 1.106 shows where the upstream counted nothing (golden a51). */
const NO_USAGE = '{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}';

const ARRAY_START = 0x5b;
const NOTHING_CUT: ReadonlySet<string> = new Set();

/**
 * Chat and completion answers get what LiteLLM 1.106 supplies where it is missing (id, created, object, model, usage,
 * finish_reason) and the shape of the endpoint that was asked. Embeddings are never parsed: they can be megabytes.
 */
export function readAnswer(chunks: readonly Buffer[], options: AnswerOptions): Answer | BadAnswer {
  const { endpoint } = options;
  if (endpoint === 'speech' || endpoint === 'transcriptions') return untouched(chunks);
  const [only] = chunks;
  if (endpoint === 'chat' && chunks.length === 1 && only !== undefined) {
    const regular = readRegularAnswer(only, options.model);
    if (regular !== undefined) return asAnswer(regular);
  }
  if (chunks.every((chunk) => chunk.length === 0)) return bad('the answer is empty');
  const json = readJsonBody(chunks);
  if ('kind' in json) return bad('the answer is not a JSON object');
  const wrong = whyNotAnAnswer(json, endpoint);
  if (wrong !== undefined) return wrong;
  const edits = new Map<string, string>();
  addNames(edits, json, options);
  const isContentFiltered = isChoices(endpoint) && addChoices(edits, json, endpoint);
  const body = edits.size === 0 ? json : json.patched({ set: edits, remove: NOTHING_CUT });
  return { kind: 'answer', body, usage: usageOf(json), isContentFiltered };
}

function asAnswer({ latin1, usage, isContentFiltered }: RegularAnswer): Answer {
  return { kind: 'answer', body: latin1, usage, isContentFiltered };
}

/** Audio and transcripts: bytes or text of any kind. */
function untouched(chunks: readonly Buffer[]): Answer {
  let byteLength = 0;
  for (const chunk of chunks) byteLength += chunk.length;
  return { kind: 'answer', body: { chunks, byteLength }, usage: undefined, isContentFiltered: false };
}

function whyNotAnAnswer(json: ScannedBody, endpoint: Endpoint): BadAnswer | undefined {
  // A response that failed is an answer: it has an id, and its error belongs to it.
  if (endpoint === 'responses' && json.has('id')) return undefined;
  if (json.has('error')) {
    const error = json.get('error');
    if (error !== null && error !== false && error !== '') return { kind: 'bad', reason: errorText(error), error };
  }
  const payload = PAYLOAD[endpoint];
  if (payload === undefined || json.firstByte(payload) === ARRAY_START) return undefined;
  return bad(`the answer has no list of ${payload}`);
}

function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return typeof message === 'string' ? message : JSON.stringify(error);
}

function addNames(edits: Map<string, string>, json: ScannedBody, { endpoint, model, rewriteId }: AnswerOptions): void {
  const object = OBJECT_NAME[endpoint];
  if (model !== undefined && (object !== undefined || json.has('model'))) edits.set('model', JSON.stringify(model));
  if (object !== undefined && json.raw('object') !== object) edits.set('object', object);
  if (rewriteId === undefined) return;
  for (const key of ['id', 'previous_response_id']) {
    const id = json.has(key) ? json.get(key) : undefined;
    if (typeof id === 'string') edits.set(key, JSON.stringify(rewriteId(id)));
  }
}

function isChoices(endpoint: Endpoint): endpoint is 'chat' | 'completions' {
  return endpoint === 'chat' || endpoint === 'completions';
}

/** Returns whether a choice was filtered for its content. */
function addChoices(edits: Map<string, string>, json: ScannedBody, endpoint: 'chat' | 'completions'): boolean {
  const { areFinal, isContentFiltered } = readChoiceEnds(json.joined());
  if (!json.has('id')) edits.set('id', `"${endpoint === 'chat' ? 'chatcmpl' : 'cmpl'}-${randomUUID()}"`);
  if (!json.has('created')) edits.set('created', String(Math.floor(Date.now() / 1000)));
  if (!json.has('usage')) edits.set('usage', NO_USAGE);
  if (areFinal && !edits.has('object')) return isContentFiltered;
  const choices = json.get('choices');
  if (!Array.isArray(choices)) return isContentFiltered;
  const repaired = repairedChoices(choices, endpoint === 'chat' ? 'message' : 'text');
  edits.set('choices', JSON.stringify(repaired));
  return isContentFiltered || repaired.some(isFilteredChoice);
}

function isFilteredChoice(choice: unknown): boolean {
  const isObject = typeof choice === 'object' && choice !== null;
  return isObject && 'finish_reason' in choice && choice.finish_reason === 'content_filter';
}

/** Top level, or where Groq puts it. */
function usageOf(json: ScannedBody): TokenUsage | undefined {
  const usage = json.has('usage') ? readUsage(json.get('usage')) : undefined;
  if (usage !== undefined || !json.has('x_groq')) return usage;
  const groq = json.get('x_groq');
  return typeof groq === 'object' && groq !== null && 'usage' in groq ? readUsage(groq.usage) : undefined;
}

function bad(reason: string): BadAnswer {
  return { kind: 'bad', reason, error: undefined };
}
