// The Responses API: the object, its stream of lifecycle events in the order that the official client insists on, and
// the four calls that name a stored response.
import type { Answer, FakeCall, Reply, StreamEvent } from '../answer.ts';
import { jsonAnswer } from '../answer.ts';
import { AZURE_BASE_MODEL, answerId, eventOf, nowSeconds } from './shared-fields.ts';

type ResponseObject = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, unknown>>;

interface Stored {
  readonly response: ResponseObject;
  readonly input: readonly unknown[];
}

/** A path that names no stored response. */
export interface UnknownResponse {
  readonly kind: 'unknown-response';
  readonly id: string;
}

const STATUS_OF_FINISH: Readonly<Record<string, readonly [status: string, reason: string]>> = {
  length: ['incomplete', 'max_output_tokens'],
  content_filter: ['incomplete', 'content_filter'],
};

function outputItem(reply: Reply, status: string): Item {
  if (reply.toolCall !== undefined) {
    const { name } = reply.toolCall;
    const id = answerId('fc_');
    return { id, type: 'function_call', status, call_id: answerId('call_'), name, arguments: reply.toolCall.arguments };
  }
  const text = { type: 'output_text', annotations: [], logprobs: [], text: reply.pieces.join('') };
  return { id: answerId('msg_'), type: 'message', status, role: 'assistant', content: [text] };
}

function usageOf(reply: Reply): Record<string, unknown> {
  const output = reply.pieces.length;
  return {
    input_tokens: reply.promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: reply.promptTokens + output,
  };
}

function responseObject(call: FakeCall, status: string): ResponseObject {
  const given = call.body;
  return {
    id: answerId('resp_'),
    object: 'response',
    created_at: nowSeconds(),
    status,
    background: given['background'] === true,
    error: null,
    incomplete_details: null,
    instructions: given['instructions'] ?? null,
    max_output_tokens: given['max_output_tokens'] ?? null,
    model: call.vendor === 'azure' ? AZURE_BASE_MODEL : call.model,
    output: [],
    parallel_tool_calls: given['parallel_tool_calls'] ?? true,
    previous_response_id: given['previous_response_id'] ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: given['store'] ?? true,
    temperature: given['temperature'] ?? 1,
    text: given['text'] ?? { format: { type: 'text' } },
    tool_choice: given['tool_choice'] ?? 'auto',
    tools: given['tools'] ?? [],
    top_p: given['top_p'] ?? 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: given['metadata'] ?? {},
  };
}

function finished(response: ResponseObject, reply: Reply, item: Item): ResponseObject {
  const [status, reason] = STATUS_OF_FINISH[reply.finishReason] ?? ['completed', undefined];
  const details = reason === undefined ? null : { reason };
  const completed = status === 'completed' ? { completed_at: nowSeconds() } : {};
  return { ...response, status, ...completed, incomplete_details: details, output: [item], usage: usageOf(reply) };
}

interface Draft {
  readonly role: StreamEvent['role'];
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function* messageDrafts(reply: Reply, item: Item): Generator<Draft> {
  const place = { item_id: item['id'], output_index: 0, content_index: 0 };
  const part = (text: string) => ({ type: 'output_text', annotations: [], logprobs: [], text });
  const text = reply.pieces.join('');
  yield { role: 'opening', type: 'response.content_part.added', fields: { ...place, part: part('') } };
  for (const delta of reply.pieces) {
    yield { role: 'token', type: 'response.output_text.delta', fields: { ...place, delta, logprobs: [] } };
  }
  yield { role: 'finish', type: 'response.output_text.done', fields: { ...place, text, logprobs: [] } };
  yield { role: 'finish', type: 'response.content_part.done', fields: { ...place, part: part(text) } };
}

function* callDrafts(reply: Reply, item: Item): Generator<Draft> {
  const place = { item_id: item['id'], output_index: 0 };
  for (const delta of reply.pieces) {
    yield { role: 'token', type: 'response.function_call_arguments.delta', fields: { ...place, delta } };
  }
  const done = { ...place, name: item['name'], arguments: item['arguments'] };
  yield { role: 'finish', type: 'response.function_call_arguments.done', fields: done };
}

function* responseDrafts(response: ResponseObject, reply: Reply): Generator<Draft> {
  const item = outputItem(reply, 'completed');
  const isCall = reply.toolCall !== undefined;
  const empty = isCall
    ? { ...item, status: 'in_progress', arguments: '' }
    : { ...item, status: 'in_progress', content: [] };
  yield { role: 'opening', type: 'response.created', fields: { response } };
  yield { role: 'opening', type: 'response.in_progress', fields: { response } };
  yield { role: 'opening', type: 'response.output_item.added', fields: { output_index: 0, item: empty } };
  yield* isCall ? callDrafts(reply, item) : messageDrafts(reply, item);
  yield { role: 'finish', type: 'response.output_item.done', fields: { output_index: 0, item } };
  const whole = finished(response, reply, item);
  yield { role: 'finish', type: `response.${String(whole['status'])}`, fields: { response: whole } };
}

function* numbered(drafts: Iterable<Draft>): Generator<StreamEvent> {
  let sequence = 0;
  for (const { role, type, fields } of drafts) {
    yield { role, text: eventOf({ type, sequence_number: sequence++, ...fields }, type) };
  }
}

/** Responses of one fake provider. Keeps the newest thousand that were to be stored. */
export class ResponseStore {
  readonly #stored = new Map<string, Stored>();

  /** POST /responses. A background response is queued and completed when it is asked for. */
  create(call: FakeCall, reply: Reply): Answer | UnknownResponse {
    const previous = call.body['previous_response_id'];
    if (typeof previous === 'string' && !this.#stored.has(previous)) return { kind: 'unknown-response', id: previous };
    const isBackground = call.body['background'] === true;
    const response = responseObject(call, isBackground ? 'queued' : 'in_progress');
    const whole = finished(response, reply, outputItem(reply, 'completed'));
    if (call.body['store'] !== false) this.#keep(call, whole);
    if (call.stream) return { kind: 'events', events: numbered(responseDrafts(response, reply)) };
    return jsonAnswer(isBackground ? response : whole);
  }

  /** GET and DELETE /responses/{id}, POST .../cancel, GET .../input_items. */
  stored(call: FakeCall): Answer | UnknownResponse {
    const [id = '', action] = call.rest;
    const found = this.#stored.get(id);
    if (found === undefined) return { kind: 'unknown-response', id };
    if (call.method === 'DELETE') {
      this.#stored.delete(id);
      return jsonAnswer({ id, object: 'response', deleted: true });
    }
    if (action === 'cancel') {
      const cancelled = { ...found.response, status: 'cancelled', output: [], usage: null };
      this.#stored.set(id, { ...found, response: cancelled });
      return jsonAnswer(cancelled);
    }
    if (action === 'input_items') {
      const data = found.input.map((item, index) => ({ id: `msg_input_${index}`, ...asItem(item) }));
      return jsonAnswer({ object: 'list', data, first_id: data[0]?.id, last_id: data.at(-1)?.id, has_more: false });
    }
    return jsonAnswer(found.response);
  }

  clear(): void {
    this.#stored.clear();
  }

  #keep(call: FakeCall, response: ResponseObject): void {
    const input = call.body['input'];
    const items = Array.isArray(input) ? (input as readonly unknown[]) : [input];
    this.#stored.set(String(response['id']), { response, input: items });
    const oldest = this.#stored.keys().next().value;
    if (this.#stored.size > 1000 && oldest !== undefined) this.#stored.delete(oldest);
  }
}

function asItem(item: unknown): Record<string, unknown> {
  if (typeof item === 'object' && item !== null) return { ...item };
  return { type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_text', text: String(item) }] };
}
