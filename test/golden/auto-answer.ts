// The answer of a scripted upstream to which the script says nothing: a normal success in the wire format of the path
// that was called. Separate from the server because it is pure: path and body in, answer out.
import type { Json, ScriptedAnswer } from './record.ts';

const CREATED = 1_700_000_000;
const MODEL = 'up-model-0125';
const EMBEDDING_MODEL = 'up-embed-1';
const MESSAGES_MODEL = 'claude-up';
const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const HEADERS = {
  'x-request-id': 'req-up',
  'x-ratelimit-limit-requests': '1000',
  'x-ratelimit-remaining-requests': '999',
  'openai-processing-ms': '5',
};

interface Call {
  /** `UP1`: the answer names who gave it. */
  readonly upstream: string;
  readonly path: string;
  readonly body: Json;
}

/** The answer to one call: never `auto` itself. */
export function autoAnswer(call: Call): ScriptedAnswer {
  const { path } = call;
  if (path.endsWith('/chat/completions')) return chat(call);
  if (path.endsWith('/completions')) return completions(call);
  if (path.endsWith('/embeddings')) return embeddings(call);
  if (path.endsWith('/v1/messages')) return messages(call);
  if (path.endsWith('/api/generate')) return generate(call);
  if (path.endsWith('/api/chat')) return ollamaChat(call);
  const message = `no such path at the upstream: ${path}`;
  return { status: 404, json: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
}

function field(body: Json, name: string): Json | undefined {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as { readonly [key: string]: Json })[name]
    : undefined;
}

function streams(body: Json): boolean {
  return field(body, 'stream') === true;
}

/** The four pieces every streamed text comes in. */
function textPieces({ upstream }: Call): readonly [string, string] {
  return ['Hello', ` from ${upstream}`];
}

function events(chunks: readonly Json[]): ScriptedAnswer {
  return {
    stream: [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'],
    headers: HEADERS,
  };
}

/** With `include_usage` one more chunk, without choices, that carries the usage. */
function withUsage(call: Call, chunks: readonly Json[], frame: { readonly [key: string]: Json }): readonly Json[] {
  const options = field(call.body, 'stream_options');
  const asked = options !== undefined && field(options, 'include_usage') === true;
  return asked ? [...chunks, { ...frame, choices: [], usage: USAGE }] : chunks;
}

function chat(call: Call): ScriptedAnswer {
  const base = { id: 'chatcmpl-up', created: CREATED, model: MODEL };
  if (streams(call.body)) {
    const frame = { ...base, object: 'chat.completion.chunk' };
    const chunk = (delta: Json, finish: string | null): Json => ({
      ...frame,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const [first, second] = textPieces(call);
    const chunks = [
      chunk({ role: 'assistant', content: '' }, null),
      chunk({ content: first }, null),
      chunk({ content: second }, null),
      chunk({}, 'stop'),
    ];
    return events(withUsage(call, chunks, frame));
  }
  const message = { role: 'assistant', content: textPieces(call).join(''), refusal: null };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  const json = { ...base, object: 'chat.completion', choices, usage: USAGE, system_fingerprint: 'fp_up' };
  return { status: 200, headers: HEADERS, json };
}

function completions(call: Call): ScriptedAnswer {
  const frame = { id: 'cmpl-up', object: 'text_completion', created: CREATED, model: MODEL };
  if (streams(call.body)) {
    const chunk = (text: string, finish: string | null): Json => ({
      ...frame,
      choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
    });
    const [first, second] = textPieces(call);
    return events(withUsage(call, [chunk(first, null), chunk(second, null), chunk('', 'stop')], frame));
  }
  const choices = [{ index: 0, text: textPieces(call).join(''), logprobs: null, finish_reason: 'stop' }];
  return { status: 200, headers: HEADERS, json: { ...frame, choices, usage: USAGE } };
}

function embeddings({ body }: Call): ScriptedAnswer {
  const input = field(body, 'input');
  const count = Array.isArray(input) ? input.length : 1;
  const data = Array.from({ length: count }, (_, index) => ({
    object: 'embedding',
    index,
    embedding: [0.5, -0.25, 0.125],
  }));
  const usage = { prompt_tokens: 4, total_tokens: 4 };
  return { status: 200, json: { object: 'list', data, model: EMBEDDING_MODEL, usage } };
}

function messages(call: Call): ScriptedAnswer {
  const usage = { input_tokens: 11, output_tokens: 7 };
  const start = { id: 'msg_up', type: 'message', role: 'assistant', model: MESSAGES_MODEL };
  if (!streams(call.body)) {
    const content = [{ type: 'text', text: textPieces(call).join('') }];
    return {
      status: 200,
      headers: HEADERS,
      json: { ...start, content, stop_reason: 'end_turn', stop_sequence: null, usage },
    };
  }
  const delta = (text: string): Json => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text },
  });
  const sent: ReadonlyArray<readonly [string, Json]> = [
    ['message_start', { type: 'message_start', message: { ...start, content: [], stop_reason: null, usage } }],
    ['content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }],
    ...textPieces(call).map((text) => ['content_block_delta', delta(text)] as const),
    ['content_block_stop', { type: 'content_block_stop', index: 0 }],
    ['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }],
    ['message_stop', { type: 'message_stop' }],
  ];
  return {
    stream: sent.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    headers: HEADERS,
  };
}

function generate(call: Call): ScriptedAnswer {
  const text = textPieces(call).join('');
  return {
    status: 200,
    json: {
      model: MODEL,
      created_at: '2023-11-14T22:13:20Z',
      response: text,
      done: true,
      prompt_eval_count: 11,
      eval_count: 7,
    },
  };
}

function ollamaChat(call: Call): ScriptedAnswer {
  const message = { role: 'assistant', content: textPieces(call).join('') };
  return {
    status: 200,
    json: {
      model: MODEL,
      created_at: '2023-11-14T22:13:20Z',
      message,
      done: true,
      prompt_eval_count: 11,
      eval_count: 7,
    },
  };
}
