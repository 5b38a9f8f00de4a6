// The OpenAI library for Node. Streams are read with its helper, which throws on any flaw in the order of events.
import OpenAI from 'openai';
import { seenError, type ChatClient, type ChatRequest, type Seen } from './chat-client.ts';

export const openaiNode: ChatClient = {
  name: 'openai for Node',
  ask: async (request) => {
    const client = new OpenAI({ baseURL: request.baseUrl, apiKey: 'any', maxRetries: 0 });
    return request.stream ? streamed(client, request) : plain(client, request);
  },
  close: () => Promise.resolve(),
};

function bodyOf({ model, prompt }: ChatRequest) {
  return { model, messages: [{ role: 'user' as const, content: prompt }] };
}

function seen({ choices, usage }: Pick<OpenAI.ChatCompletion, 'choices' | 'usage'>): Seen {
  const [choice] = choices;
  return {
    kind: 'answer',
    text: choice?.message.content ?? '',
    finish: choice?.finish_reason,
    completionTokens: usage?.completion_tokens,
  };
}

async function plain(client: OpenAI, request: ChatRequest): Promise<Seen> {
  try {
    return seen(await client.chat.completions.create(bodyOf(request)));
  } catch (error) {
    return seenError(error, '');
  }
}

async function streamed(client: OpenAI, request: ChatRequest): Promise<Seen> {
  let text = '';
  try {
    const stream = client.chat.completions.stream({ ...bodyOf(request), stream_options: { include_usage: true } });
    stream.on('content', (delta) => (text += delta));
    return seen(await stream.finalChatCompletion());
  } catch (error) {
    return seenError(error, text);
  }
}
