// A complete text told as a stream, for answers that no upstream streams (`mock_response`): the events of a chat or
// text completion, in small pieces as LiteLLM sends them.
import type { TokenUsage } from '../core/outcome.ts';
import { dataEvent, DONE_EVENT } from './sse-encode.ts';

/** LiteLLM 1.106 sends mocked text three characters at a time. */
const PIECE_CHARACTERS = 3;

export interface AnswerStream {
  /** `chatcmpl-...` or `cmpl-...`. */
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
  readonly text: string;
  /** Set when the client asked for a usage chunk. */
  readonly usage: TokenUsage | undefined;
}

/** Events of a chat completion stream, `[DONE]` included, as byte text. */
export function chatAnswerEvents(answer: AnswerStream): string[] {
  const frame = frameOf(answer, 'chat.completion.chunk');
  const events = piecesOf(answer.text).map((content, at) => {
    const delta = at === 0 ? { role: 'assistant', content } : { content };
    return dataEvent({ ...frame, choices: [{ index: 0, delta, logprobs: null, finish_reason: null }] });
  });
  events.push(dataEvent({ ...frame, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }] }));
  return [...events, ...closing(frame, answer.usage)];
}

/** Events of a text completion stream, `[DONE]` included, as byte text. */
export function completionAnswerEvents(answer: AnswerStream): string[] {
  const frame = frameOf(answer, 'text_completion');
  const events = piecesOf(answer.text).map((text) =>
    dataEvent({ ...frame, choices: [{ index: 0, text, logprobs: null, finish_reason: null }] }),
  );
  events.push(dataEvent({ ...frame, choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'stop' }] }));
  return [...events, ...closing(frame, answer.usage)];
}

function frameOf(answer: AnswerStream, object: string): Readonly<Record<string, unknown>> {
  return { id: answer.id, object, created: answer.createdSeconds, model: answer.model };
}

/** At least one piece, so that the role is always said; characters outside the BMP stay whole. */
function piecesOf(text: string): string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += PIECE_CHARACTERS) {
    pieces.push(characters.slice(at, at + PIECE_CHARACTERS).join(''));
  }
  return pieces.length === 0 ? [''] : pieces;
}

function closing(frame: Readonly<Record<string, unknown>>, usage: TokenUsage | undefined): string[] {
  if (usage === undefined) return [DONE_EVENT];
  const { promptTokens, completionTokens, totalTokens } = usage;
  const spelled = { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens };
  return [dataEvent({ ...frame, choices: [], usage: spelled }), DONE_EVENT];
}
