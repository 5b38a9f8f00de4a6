// The Vercel AI SDK with its provider for OpenAI-compatible servers. Its streams do not throw: an error is a part of them.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText, type LanguageModel } from 'ai';
import { seenError, type ChatClient, type ChatRequest, type Seen } from './chat-client.ts';

export const vercelAi: ChatClient = {
  name: 'Vercel AI SDK',
  ask: async (request) => {
    const { baseUrl: baseURL, model } = request;
    const provider = createOpenAICompatible({ name: 'loadstone', baseURL, apiKey: 'any', includeUsage: true });
    const chat = provider.chatModel(model);
    return request.stream ? streamed(chat, request) : plain(chat, request);
  },
  close: () => Promise.resolve(),
};

async function plain(model: LanguageModel, { prompt }: ChatRequest): Promise<Seen> {
  try {
    const { text, finishReason, usage } = await generateText({ model, prompt, maxRetries: 0 });
    return { kind: 'answer', text, finish: finishReason, completionTokens: usage.outputTokens };
  } catch (error) {
    return seenError(error, '');
  }
}

async function streamed(model: LanguageModel, { prompt }: ChatRequest): Promise<Seen> {
  let text = '';
  let failed: Seen | undefined;
  let answer: Seen | undefined;
  // Without a listener it writes errors to the console.
  const { fullStream } = streamText({ model, prompt, maxRetries: 0, onError: () => undefined });
  for await (const part of fullStream) {
    if (part.type === 'text-delta') text += part.text;
    if (part.type === 'error') failed = seenError(part.error, text);
    if (part.type === 'finish') {
      const { finishReason: finish, totalUsage } = part;
      answer = { kind: 'answer', text, finish, completionTokens: totalUsage.outputTokens };
    }
  }
  return failed ?? answer ?? seenError(new Error('the stream has no end'), text);
}
