// Text completions for vendors that only chat, and the other way round (LiteLLM 1.106: golden a37, a42, a45). The answer
// is turned back where answers are read.
import type { CallRules } from './call-rules.ts';
import type { UnsupportedCall } from './types.ts';

/** The body being edited. */
export interface EditedBody {
  get(key: string): unknown;
  set(key: string, text: string): void;
  drop(key: string): void;
}

/** Chat parameters that a text completion does not know. */
const CHAT_ONLY = ['tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call', 'response_format'];

/** Rewrites the prompt into messages or back when the call goes to another endpoint than was asked for. */
export function bridgeEndpoint(
  { asked, endpoint, provider }: CallRules,
  body: EditedBody,
): UnsupportedCall | undefined {
  if (asked === endpoint) return undefined;
  if (endpoint === 'completions') {
    body.set('prompt', JSON.stringify(promptOf(body.get('messages'))));
    for (const key of ['messages', ...CHAT_ONLY]) body.drop(key);
    return undefined;
  }
  const prompt = onlyPrompt(body.get('prompt'));
  if (prompt === undefined) {
    const message = `${provider} answers text completions through its chat endpoint, which takes one prompt of text.`;
    return { kind: 'unsupported', message, param: 'prompt' };
  }
  body.set('messages', JSON.stringify([{ role: 'user', content: prompt }]));
  for (const key of ['prompt', 'suffix', 'echo', 'best_of']) body.drop(key);
  return undefined;
}

function onlyPrompt(prompt: unknown): string | undefined {
  if (typeof prompt === 'string') return prompt;
  const [first, ...others] = Array.isArray(prompt) ? prompt : [];
  return typeof first === 'string' && others.length === 0 ? first : undefined;
}

/** The text of all messages, one paragraph each: what a model without roles can be given. */
function promptOf(messages: unknown): string {
  const parts = Array.isArray(messages) ? messages.map((message) => textOf(contentOf(message))) : [];
  return parts.filter((text) => text !== '').join('\n\n');
}

function contentOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'content' in message ? message.content : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : ''))
    .join('');
}
