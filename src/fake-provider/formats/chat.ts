// Chat completions as OpenAI, Azure, TGI and vLLM answer them, plain and streamed. The differences are what gateways
// stumble over: Azure's first chunk without choices and its filter results, TGI's empty id and role in every delta.
import type { Answer, FakeCall, Reply, StreamEvent } from '../answer.ts';
import { jsonAnswer } from '../answer.ts';
import { isRecord } from '../reply.ts';
import { AZURE_SAFE, AZURE_BASE_MODEL, answerId, usageOf, nowSeconds, eventOf, DONE_EVENT } from './shared-fields.ts';

/** The common fields of a whole answer or of every chunk, in the vendor's order. */
function envelope(call: FakeCall, object: string): Record<string, unknown> {
  const created = nowSeconds();
  if (call.vendor === 'tgi') {
    return { object, id: '', created, model: call.model, system_fingerprint: '3.3.4-native' };
  }
  const model = call.vendor === 'azure' ? AZURE_BASE_MODEL : call.model;
  const id = answerId(call.vendor === 'anthropic' ? 'msg_' : 'chatcmpl-');
  if (call.vendor === 'vllm' || call.vendor === 'anthropic') return { id, object, created, model };
  return { id, object, created, model, service_tier: 'default', system_fingerprint: 'fp_44709d6fcb' };
}

function messageOf(call: FakeCall, reply: Reply): Record<string, unknown> {
  const isOpenai = call.vendor === 'openai' || call.vendor === 'azure';
  const extra = isOpenai ? { refusal: null, annotations: [] } : {};
  if (reply.toolCall === undefined) return { role: 'assistant', content: reply.pieces.join(''), ...extra };
  const called = { name: reply.toolCall.name, arguments: reply.toolCall.arguments };
  const toolCalls = [{ id: answerId('call_'), type: 'function', function: called }];
  return { role: 'assistant', content: null, ...extra, tool_calls: toolCalls };
}

function choicesAsked(call: FakeCall): number {
  const asked = call.body['n'];
  return typeof asked === 'number' && Number.isInteger(asked) && asked > 0 && asked <= 128 ? asked : 1;
}

function wholeAnswer(call: FakeCall, reply: Reply): Answer {
  const count = choicesAsked(call);
  const filters = call.vendor === 'azure' ? { content_filter_results: AZURE_SAFE } : {};
  const choices = Array.from({ length: count }, (_, index) => {
    return { index, message: messageOf(call, reply), logprobs: null, finish_reason: reply.finishReason, ...filters };
  });
  const prompt = { prompt_index: 0, content_filter_results: AZURE_SAFE };
  const promptFilter = call.vendor === 'azure' ? { prompt_filter_results: [prompt] } : {};
  const usage = usageOf(reply.promptTokens, reply.pieces.length * count, call.vendor);
  return jsonAnswer({ ...envelope(call, 'chat.completion'), choices, usage, ...promptFilter });
}

/** Writes chunks of one stream: the common fields are turned into text once. */
class ChunkWriter {
  readonly #head: string;
  readonly #tail: string;
  readonly #filters: string;

  constructor(call: FakeCall, showsUsage: boolean) {
    this.#head = `data: ${JSON.stringify(envelope(call, 'chat.completion.chunk')).slice(0, -1)},"choices":[`;
    this.#tail = showsUsage || call.vendor === 'tgi' ? '],"usage":null}\n\n' : ']}\n\n';
    this.#filters = call.vendor === 'azure' ? `,"content_filter_results":${JSON.stringify(AZURE_SAFE)}` : '';
  }

  chunk(index: number, delta: string, finishReason: string | null): string {
    const finish = finishReason === null ? 'null' : JSON.stringify(finishReason);
    const choice = `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${finish}${this.#filters}}`;
    return this.#head + choice + this.#tail;
  }

  usage(usage: unknown): string {
    return `${this.#head}],"usage":${JSON.stringify(usage)}}\n\n`;
  }
}

function openingDelta(call: FakeCall, reply: Reply): string | undefined {
  if (call.vendor === 'tgi' && reply.toolCall === undefined) return undefined;
  if (reply.toolCall === undefined) {
    const refusal = call.vendor === 'openai' || call.vendor === 'azure' ? ',"refusal":null' : '';
    return `{"role":"assistant","content":""${refusal}}`;
  }
  const called = { name: reply.toolCall.name, arguments: '' };
  const toolCall = { index: 0, id: answerId('call_'), type: 'function', function: called };
  return JSON.stringify({ role: 'assistant', content: null, tool_calls: [toolCall] });
}

function tokenDelta(call: FakeCall, reply: Reply, piece: string): string {
  const text = JSON.stringify(piece);
  if (reply.toolCall !== undefined) return `{"tool_calls":[{"index":0,"function":{"arguments":${text}}}]}`;
  return call.vendor === 'tgi' ? `{"role":"assistant","content":${text}}` : `{"content":${text}}`;
}

function* chatEvents(call: FakeCall, reply: Reply): Generator<StreamEvent> {
  const options = call.body['stream_options'];
  const showsUsage = isRecord(options) && options['include_usage'] === true;
  const writer = new ChunkWriter(call, showsUsage);
  const count = choicesAsked(call);
  if (call.vendor === 'azure') {
    const results = [{ prompt_index: 0, content_filter_results: AZURE_SAFE }];
    const first = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: results };
    yield { role: 'opening', text: eventOf(first) };
  }
  const opening = openingDelta(call, reply);
  for (let index = 0; opening !== undefined && index < count; index++) {
    yield { role: 'opening', text: writer.chunk(index, opening, null) };
  }
  for (const piece of reply.pieces) {
    const delta = tokenDelta(call, reply, piece);
    for (let index = 0; index < count; index++) yield { role: 'token', text: writer.chunk(index, delta, null) };
  }
  for (let index = 0; index < count; index++) {
    yield { role: 'finish', text: writer.chunk(index, '{}', reply.finishReason) };
  }
  if (showsUsage) {
    const usage = usageOf(reply.promptTokens, reply.pieces.length * count, call.vendor);
    yield { role: 'usage', text: writer.usage(usage) };
  }
  yield DONE_EVENT;
}

/** The answer to a chat completion. */
export function chatAnswer(call: FakeCall, reply: Reply): Answer {
  return call.stream ? { kind: 'events', events: chatEvents(call, reply) } : wholeAnswer(call, reply);
}
