// By what a prompt is recognised that begins like an earlier one: a hash for each of its beginnings, message by message.
// A conversation grows at its end, so the prompt of one turn is a beginning of the next. Only hashes leave this file.
import { createHash } from 'node:crypto';

/** Providers cache nothing shorter (OpenAI, Anthropic; LiteLLM's `prompt_caching` goes by the same number). */
const SHORTEST_PROMPT_TOKENS = 1_024;
const CHARACTERS_PER_TOKEN = 4;
/** Turns that may lie between two requests of one conversation. */
const MOST_BEGINNINGS = 20;

export interface Prompt {
  readonly messages: unknown;
  /** JSON text of the tools: they stand in front of the messages in every cache. */
  readonly tools: string | undefined;
  readonly promptTokens: number;
}

/**
 * Hashes of beginnings, the longest first. It ends at the last `cache_control`, or else is the whole prompt, if that is
 * long enough. Empty: nothing to recognise it by.
 */
export function promptKeys({ messages, tools, promptTokens }: Prompt): string[] {
  if (!Array.isArray(messages)) return [];
  const marked = messages.findLastIndex(hasCacheControl);
  if (marked < 0 && promptTokens < SHORTEST_PROMPT_TOKENS) return [];
  const end = marked < 0 ? messages.length : marked + 1;
  const keys: string[] = [];
  let hash = tools ?? '';
  let characters = hash.length;
  for (const message of messages.slice(0, end)) {
    const text = JSON.stringify(message) ?? '';
    characters += text.length;
    hash = createHash('sha256').update(hash).update('\n').update(text).digest('base64url');
    const isLong = characters >= SHORTEST_PROMPT_TOKENS * CHARACTERS_PER_TOKEN;
    if (marked >= 0 || isLong || keys.length > 0) keys.push(hash);
  }
  if (keys.length === 0 && hash !== '') keys.push(hash);
  return keys.slice(-MOST_BEGINNINGS).toReversed();
}

function hasCacheControl(message: unknown): boolean {
  if (!isRecord(message)) return false;
  const { content } = message;
  return isSet(message) || (Array.isArray(content) && content.some((part) => isRecord(part) && isSet(part)));
}

function isSet(holder: Record<string, unknown>): boolean {
  return holder['cache_control'] !== undefined && holder['cache_control'] !== null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
