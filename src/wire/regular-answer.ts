// The ordinary chat answer, the fast way: parsed once to be understood, and its model name exchanged in the text. It
// takes only answers that need nothing else; everything unusual is left to answer.ts. Measured: 1.5 us against 3.8 us,
// and the client's bytes are a string, which Node sends together with the headers in one write.
import { isAscii } from 'node:buffer';
import type { TokenUsage } from '../core/outcome.ts';
import { readUsage } from './usage.ts';

export interface RegularAnswer {
  /** The client's bytes, one character each (latin1). */
  readonly latin1: string;
  readonly usage: TokenUsage | undefined;
  readonly isContentFiltered: boolean;
}

/** Larger answers are scanned instead: what is not looked at need not be parsed. */
const MAX_PARSED_BYTES = 16 * 1024;
const MODEL_KEY = '"model"';
const QUOTE = 0x22;
const COLON = 0x3a;
const SPACE = 0x20;
const FINAL = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** `undefined`: not an ordinary answer, look closer. `model` as in `AnswerOptions`. */
export function readRegularAnswer(bytes: Buffer, model: string | undefined): RegularAnswer | undefined {
  if (bytes.length > MAX_PARSED_BYTES) return undefined;
  const latin1 = bytes.toString('latin1');
  const answer = parsedObject(isAscii(bytes) ? latin1 : bytes.toString('utf8'));
  if (answer === undefined || !isRegular(answer)) return undefined;
  const shown = model === undefined || answer['model'] === model ? latin1 : withModel(latin1, answer['model'], model);
  if (shown === undefined) return undefined;
  const isContentFiltered = (answer['choices'] as { finish_reason: string }[]).some(isFiltered);
  return { latin1: shown, usage: readUsage(answer['usage']), isContentFiltered };
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Has everything that LiteLLM would supply, so that nothing needs to be. */
function isRegular(answer: Record<string, unknown>): boolean {
  const { id, object, created, model, choices, usage, error } = answer;
  if (object !== 'chat.completion' || typeof id !== 'string' || typeof created !== 'number') return false;
  if (typeof model !== 'string' || typeof usage !== 'object' || usage === null || error !== undefined) return false;
  return Array.isArray(choices) && choices.length > 0 && choices.every(isFinalChoice);
}

function isFinalChoice(choice: unknown): boolean {
  if (typeof choice !== 'object' || choice === null || !('message' in choice) || !('finish_reason' in choice))
    return false;
  const { message, finish_reason: reason } = choice;
  if (typeof message !== 'object' || message === null || typeof reason !== 'string' || !FINAL.has(reason)) return false;
  return reason !== 'stop' || !('tool_calls' in message) || isEmptyList(message.tool_calls);
}

/** vLLM sends one with every answer. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isFiltered(choice: { finish_reason: string }): boolean {
  return choice.finish_reason === 'content_filter';
}

/**
 * The text with another model. Quotes inside a string are escaped, so `"model"` is a key; when there is exactly one it
 * is the top level's, which is known to be there. Anything else is left to the scan.
 */
function withModel(text: string, from: unknown, to: string): string | undefined {
  const key = text.indexOf(MODEL_KEY);
  if (key === -1 || text.indexOf(MODEL_KEY, key + MODEL_KEY.length) !== -1) return undefined;
  let start = key + MODEL_KEY.length;
  while (text.charCodeAt(start) === SPACE || text.charCodeAt(start) === COLON) start += 1;
  const end = text.indexOf('"', start + 1) + 1;
  if (text.charCodeAt(start) !== QUOTE || text.slice(start + 1, end - 1) !== from) return undefined;
  return text.slice(0, start) + asLatin1(JSON.stringify(to)) + text.slice(end);
}

const BEYOND_ASCII = /[^\x20-\x7e]/;

function asLatin1(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
