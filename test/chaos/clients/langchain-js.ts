// LangChain for JavaScript. Chunks are put together with its own `concat`, as its chains do.
import type { AIMessageChunk, UsageMetadata } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { seenError, type ChatClient, type ChatRequest, type Seen } from './chat-client.ts';

export const langchainJs: ChatClient = {
  name: 'LangChain JS',
  ask: async (request) => {
    const { model, baseUrl } = request;
    const chat = new ChatOpenAI({ apiKey: 'any', model, maxRetries: 0, configuration: { baseURL: baseUrl } });
    return request.stream ? streamed(chat, request) : plain(chat, request);
  },
  close: () => Promise.resolve(),
};

function seen(message: AIMessageChunk): Seen {
  const finish: unknown = message.response_metadata['finish_reason'];
  // Its type depends on the structure of the message and says nothing here.
  const usage = message.usage_metadata as UsageMetadata | undefined;
  return {
    kind: 'answer',
    text: message.text,
    finish: typeof finish === 'string' ? finish : undefined,
    completionTokens: usage?.output_tokens,
  };
}

async function plain(chat: ChatOpenAI, { prompt }: ChatRequest): Promise<Seen> {
  try {
    return seen(await chat.invoke(prompt));
  } catch (error) {
    return seenError(error, '');
  }
}

async function streamed(chat: ChatOpenAI, { prompt }: ChatRequest): Promise<Seen> {
  let whole: AIMessageChunk | undefined;
  try {
    for await (const piece of await chat.stream(prompt)) whole = whole === undefined ? piece : whole.concat(piece);
    if (whole === undefined) return seenError(new Error('not one chunk'), '');
    return seen(whole);
  } catch (error) {
    return seenError(error, whole?.text ?? '');
  }
}
