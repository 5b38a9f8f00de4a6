// No library: `fetch`, and the strict reader of event streams. It sees what the libraries hide: whether a stream that
// failed said so truthfully, and whether one that ended well broke no rule on its way.
import { clientView, decodeEvents } from '../../support/reference-client.ts';
import type { ChatClient, ChatRequest, Seen } from './chat-client.ts';

const TOOLS = {
  tools: [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }],
  tool_choice: 'required',
};

export const rawHttp: ChatClient = {
  name: 'raw HTTP',
  ask: async (request) => {
    const answer = await fetch(`${request.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(request)),
    });
    if (answer.status !== 200) {
      return { kind: 'error', text: '', status: answer.status, message: messageOf(await answer.json()) };
    }
    return request.stream ? readStream(new Uint8Array(await answer.arrayBuffer())) : readPlain(await answer.json());
  },
  close: () => Promise.resolve(),
};

function bodyOf({ model, prompt, stream, callsTool }: ChatRequest): Record<string, unknown> {
  return {
    model,
    messages: [{ role: 'user', content: prompt }],
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
    ...(callsTool === true ? TOOLS : {}),
  };
}

function readPlain(body: unknown): Seen {
  const { choices, usage } = body as {
    choices: readonly { message: { content: string }; finish_reason: string }[];
    usage: { completion_tokens: number };
  };
  const [choice] = choices;
  return {
    kind: 'answer',
    text: choice?.message.content ?? '',
    finish: choice?.finish_reason,
    completionTokens: usage.completion_tokens,
  };
}

/** Rejects what no provider would send: an error beside an end, data behind the end, no end at all. */
function readStream(bytes: Uint8Array): Seen {
  const events = decodeEvents(bytes);
  const errors = events.filter(({ data }) => data.startsWith('{"error"'));
  const chunks = events.filter((event) => !errors.includes(event));
  const view = clientView(chunks);
  if (view.problems.length > 0) throw new Error(`the stream breaks the protocol: ${view.problems.join(', ')}`);
  const text = view.content + view.tools.map((tool) => tool.arguments).join('');
  const finish = view.finish['0'];
  const [error] = errors;
  if (error !== undefined) {
    if (errors.length > 1 || events.at(-1) !== error || view.isDone || finish !== undefined) {
      throw new Error('the stream tells an error and an end');
    }
    return { kind: 'error', text, status: undefined, message: messageOf(JSON.parse(error.data)) };
  }
  if (!view.isDone || finish === undefined) throw new Error(`the stream ends without its end, after "${text}"`);
  return { kind: 'answer', text, finish, completionTokens: completionTokensOf(chunks) };
}

function completionTokensOf(chunks: readonly { readonly data: string }[]): number | undefined {
  for (const { data } of chunks) {
    if (data === '[DONE]') continue;
    const { usage } = JSON.parse(data) as { usage?: { completion_tokens: number } | null };
    if (usage !== undefined && usage !== null) return usage.completion_tokens;
  }
  return undefined;
}

function messageOf(body: unknown): string {
  return (body as { error: { message: string } }).error.message;
}
