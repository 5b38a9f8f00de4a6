// A mocked text as the Responses API tells it: one object, or the events of a stream in the order that the official
// clients insist on. Its own file because no other endpoint has these forms.
import { randomUUID } from 'node:crypto';
import { dataEvent } from './sse-encode.ts';

export interface MockedText {
  readonly model: string;
  readonly text: string;
  readonly createdSeconds: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** LiteLLM's counts for mocked text, under this API's names. */
const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 30,
};

export function mockResponseObject(told: MockedText): Fields {
  return completed(begun(told), message(told.text));
}

/** `pieces` are the text, in order. */
export function* mockResponseEvents(told: MockedText, pieces: Iterable<string>): Generator<string> {
  const event = numberedEvents();
  const response = begun(told);
  const item = message(told.text);
  const [part] = item.content;
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  yield event('response.created', { response });
  yield event('response.in_progress', { response });
  const empty = { ...item, status: 'in_progress', content: [] };
  yield event('response.output_item.added', { output_index: 0, item: empty });
  yield event('response.content_part.added', { ...place, part: { ...part, text: '' } });
  for (const delta of pieces) yield event('response.output_text.delta', { ...place, delta, logprobs: [] });
  yield event('response.output_text.done', { ...place, text: told.text, logprobs: [] });
  yield event('response.content_part.done', { ...place, part });
  yield event('response.output_item.done', { output_index: 0, item });
  yield event('response.completed', { response: completed(response, item) });
}

/** A whole response of the config or the client: it is told at once. */
export function* objectEvents(response: Fields): Generator<string> {
  const event = numberedEvents();
  yield event('response.created', { response });
  yield event('response.completed', { response });
}

function numberedEvents(): (type: string, fields: Fields) => string {
  let sequence = 0;
  return (type, fields) => `event: ${type}\n${dataEvent({ type, sequence_number: sequence++, ...fields })}`;
}

function message(text: string) {
  const part = { type: 'output_text', annotations: [], logprobs: [], text } as const;
  return {
    id: `msg_${randomUUID()}`,
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [part],
  } as const;
}

function begun({ model, createdSeconds }: MockedText): Fields {
  return {
    id: `resp_${randomUUID()}`,
    object: 'response',
    created_at: createdSeconds,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: null,
  };
}

function completed(response: Fields, item: Fields): Fields {
  return { ...response, status: 'completed', output: [item], usage: USAGE };
}
