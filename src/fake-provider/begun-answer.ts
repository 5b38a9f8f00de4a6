// A request whose last message is the beginning of the answer, in the forms of the vendors that go on from one: vLLM
// (`continue_final_message`), Mistral and DeepSeek (`prefix` on the message).
import type { FakeCall } from './answer.ts';

export interface BegunAnswer {
  /** The request without the beginning. */
  readonly body: FakeCall['body'];
  readonly begun: string;
}

export function begunAnswer(body: FakeCall['body']): BegunAnswer | undefined {
  const { messages } = body;
  if (!Array.isArray(messages)) return undefined;
  const last: unknown = messages.at(-1);
  if (typeof last !== 'object' || last === null || !('role' in last) || last.role !== 'assistant') return undefined;
  const isAsked = body['continue_final_message'] === true || ('prefix' in last && last.prefix === true);
  if (!isAsked || !('content' in last) || typeof last.content !== 'string') return undefined;
  return { body: { ...body, messages: messages.slice(0, -1) as unknown[] }, begun: last.content };
}
