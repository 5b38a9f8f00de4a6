// The ordinary chat answer, the fast way: parsed once to be understood, and its model name exchanged in the bytes. It
// takes only answers that need nothing else; everything unusual is left to answer.ts. Measured: 1.6 us against 3.8 us.
import type { TokenUsage } from '../core/outcome.ts';
import { readUsage } from './usage.ts';

export interface RegularAnswer {
  /** The client's bytes. */
  readonly bytes: Buffer;
  readonly usage: TokenUsage | undefined;
  readonly isContentFiltered: boolean;
}

/** Larger answers are scanned instead: what is not looked at need not be parsed. */
const MAX_PARSED_BYTES = 16 * 1024;
const MODEL_KEY = Buffer.from('"model"');
const QUOTE = 0x22;
const COLON = 0x3a;
const SPACE = 0x20;
const FINAL = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** `undefined`: not an ordinary answer, look closer. `model` as in `AnswerOptions`. */
export function readRegularAnswer(bytes: Buffer, model: string | undefined): RegularAnswer | undefined {
  if (bytes.length > MAX_PARSED_BYTES) return undefined;
  const answer = parsedObject(bytes);
  if (answer === undefined || !isRegular(answer)) return undefined;
  const shown = model === undefined || answer['model'] === model ? bytes : withModel(bytes, answer['model'], model);
  if (shown === undefined) return undefined;
  const isContentFiltered = (answer['choices'] as { finish_reason: string }[]).some(isFiltered);
  return { bytes: shown, usage: readUsage(answer['usage']), isContentFiltered };
}

function parsedObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
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
 * The bytes with another model. Quoted text inside a string is escaped, so `"model"` in the bytes is a key; when there
 * is exactly one it is the top level's, which is known to be there. Anything else is left to the scan.
 */
function withModel(bytes: Buffer, from: unknown, to: string): Buffer | undefined {
  const key = bytes.indexOf(MODEL_KEY);
  if (key === -1 || bytes.indexOf(MODEL_KEY, key + MODEL_KEY.length) !== -1) return undefined;
  let start = key + MODEL_KEY.length;
  while (bytes[start] === SPACE || bytes[start] === COLON) start += 1;
  const end = bytes.indexOf(QUOTE, start + 1) + 1;
  if (bytes[start] !== QUOTE || bytes.toString('latin1', start + 1, end - 1) !== from) return undefined;
  const replacement = Buffer.from(JSON.stringify(to));
  const out = Buffer.allocUnsafe(bytes.length - (end - start) + replacement.length);
  bytes.copy(out, 0, 0, start);
  replacement.copy(out, start);
  bytes.copy(out, start + replacement.length, end);
  return out;
}
