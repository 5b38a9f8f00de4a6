// The choices of a plain chat or completion answer: is there anything to repair, and the repair. Separate from answer.ts
// because looking must cost next to nothing (a search in the bytes) and repairing may cost a parse.
import { openAiFinishReason } from './finish-reason.ts';

export type ChoiceShape = 'message' | 'text';

type Fields = Record<string, unknown>;

const FINISH_KEY = Buffer.from('"finish_reason"');
const TOOL_CALLS = Buffer.from('"tool_calls"');

/** OpenAI's own words. */
const FINAL_REASONS: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** Longest word looked at; `model_context_window_exceeded` has 29 bytes. */
const MAX_WORD_BYTES = 40;

const QUOTE = 0x22;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

export interface ChoiceEnds {
  /** Every choice has a reason in OpenAI's words: nothing to repair. */
  readonly areFinal: boolean;
  /** The provider stopped a choice for its content. */
  readonly isContentFiltered: boolean;
}

/**
 * Looks at the finish reasons in the bytes of an answer. They are found by their quoted key: inside a string value the
 * quotes would be escaped. A `stop` beside tool calls is left to the repair; so is a whole answer without the key, but not
 * one choice of several without it, which only a parse would show.
 */
export function readChoiceEnds(bytes: Buffer): ChoiceEnds {
  let key = bytes.indexOf(FINISH_KEY);
  let areFinal = key >= 0;
  let isContentFiltered = false;
  let isStopFinal: boolean | undefined;
  while (key >= 0) {
    const at = key + FINISH_KEY.length;
    const word = wordAfter(bytes, at);
    if (word === 'stop') areFinal &&= isStopFinal ??= !holdsToolCalls(bytes);
    else if (word === 'content_filter') isContentFiltered = true;
    else if (!FINAL_REASONS.has(word)) areFinal = false;
    key = bytes.indexOf(FINISH_KEY, at);
  }
  return { areFinal, isContentFiltered };
}

/** A key `tool_calls` with a list that is not empty; vLLM sends empty ones with every answer. */
function holdsToolCalls(bytes: Buffer): boolean {
  let key = bytes.indexOf(TOOL_CALLS);
  while (key >= 0) {
    let at = key + TOOL_CALLS.length;
    while (isSpaceOrColon(bytes[at]) || bytes[at] === OPENING_BRACKET) at += 1;
    if (bytes[at] === OPENING_BRACE) return true;
    key = bytes.indexOf(TOOL_CALLS, at);
  }
  return false;
}

function isSpaceOrColon(byte: number | undefined): boolean {
  return byte === 0x3a || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The text value after a key, `''` when it is something else (null, for one). */
function wordAfter(bytes: Buffer, at: number): string {
  let start = at;
  while (isSpaceOrColon(bytes[start])) start += 1;
  if (bytes[start] !== QUOTE) return '';
  const end = bytes.indexOf(QUOTE, start + 1);
  return end < 0 || end - start > MAX_WORD_BYTES ? '' : bytes.toString('latin1', start + 1, end);
}

/** LiteLLM 1.106: vendors' words become OpenAI's, no word becomes `stop`, and `stop` after tool calls `tool_calls`. */
export function repairedChoices(choices: readonly unknown[], shape: ChoiceShape): unknown[] {
  return choices.map((choice, index) => (isFields(choice) ? repairedChoice(choice, { index, shape }) : choice));
}

function repairedChoice(choice: Fields, { index, shape }: { readonly index: number; readonly shape: ChoiceShape }) {
  const shaped = shape === 'text' ? asText(choice) : asMessage(choice);
  const reason = shaped['finish_reason'];
  const known = typeof reason === 'string' && reason !== '' ? openAiFinishReason(reason) : 'stop';
  return {
    ...shaped,
    index: typeof shaped['index'] === 'number' ? shaped['index'] : index,
    finish_reason: known === 'stop' && hasToolCalls(shaped['message']) ? 'tool_calls' : known,
  };
}

/** Completions served by a chat endpoint (azure/, huggingface/): the message's content is the text (golden a42, a45). */
function asText(choice: Fields): Fields {
  const { message, ...rest } = choice;
  if ('text' in rest || !isFields(message)) return choice;
  return { ...rest, text: message['content'] ?? '', logprobs: rest['logprobs'] ?? null };
}

/** Chat served by a completions endpoint (text-completion-openai/, golden a37), and messages without a role. */
function asMessage(choice: Fields): Fields {
  const { text, ...rest } = choice;
  const { message } = choice;
  if (isFields(message)) return 'role' in message ? choice : { ...choice, message: { role: 'assistant', ...message } };
  return typeof text === 'string' ? { ...rest, message: { role: 'assistant', content: text } } : choice;
}

function hasToolCalls(message: unknown): boolean {
  if (!isFields(message)) return false;
  const calls = message['tool_calls'];
  return Array.isArray(calls) && calls.length > 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
