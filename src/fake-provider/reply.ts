// What the fake model says: a text that depends on the prompt alone (so that two deployments agree word by word), one
// drawn anew for each request, or an introduction that names the deployment. Honours max_tokens, forced tool calls and
// JSON formats, because gateways and clients look at them.
import type { FakeCall, Reply } from './answer.ts';
import { begunAnswer } from './begun-answer.ts';
import type { Behaviour } from './fault.ts';
import { promptText, promptTokensOf } from './prompt.ts';

/** How answers come about. `sampled` turns `deterministic` for requests with temperature 0 or a seed. */
export type AnswerStyle = 'deterministic' | 'sampled' | 'introduction';

export interface ReplySettings {
  readonly style: AnswerStyle;
  /** Tokens of an answer that nothing limits. */
  readonly answerTokens: number;
  /** Shown by `introduction`. */
  readonly name: string;
  readonly random: () => number;
}

const WORDS = (
  'the a one each every bright quiet small steady distant river mountain signal lantern garden harbour engine letter ' +
  'window winter morning evening answer question carries follows keeps finds builds turns holds reaches opens leaves ' +
  'under over beside within beyond toward and but while because softly slowly again always never often here there'
).split(' ');

/** FNV-1a over UTF-16 units: a seed that is equal for equal prompts. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Mulberry32: a small generator with numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Splits a text into pieces as models stream them: words with the space before them. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

const SEED_CHARACTERS = 2048;

/** Long prompts are told apart by their length and both ends: hashing 300 kB would cost more than all the rest. */
function promptSeed(body: FakeCall['body']): number {
  const text = promptText(body);
  if (text.length <= 2 * SEED_CHARACTERS) return seedOf(text);
  return seedOf(`${text.length}${text.slice(0, SEED_CHARACTERS)}${text.slice(-SEED_CHARACTERS)}`);
}

function drawnPieces(tokens: number, random: () => number): string[] {
  const pieces: string[] = [];
  for (let index = 0; index < tokens; index++) {
    const word = WORDS[Math.floor(random() * WORDS.length)] ?? 'the';
    pieces.push(index === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : ` ${word}`);
  }
  if (pieces.length > 1) pieces[pieces.length - 1] += '.';
  return pieces;
}

function plainPieces(call: FakeCall, settings: ReplySettings, behaviour: Behaviour): string[] {
  if (behaviour.answer !== undefined) return piecesOf(behaviour.answer);
  const tokens = behaviour.answerTokens ?? settings.answerTokens;
  if (settings.style === 'introduction') return piecesOf(`I am ${call.model}, a fake model at ${settings.name}.`);
  const isPinned = call.body['temperature'] === 0 || typeof call.body['seed'] === 'number';
  const random = settings.style === 'deterministic' || isPinned ? seededRandom(promptSeed(call.body)) : settings.random;
  return drawnPieces(tokens, random);
}

/** The most tokens that the request allows, under any of the names that endpoints have for it. */
function tokenLimit(body: FakeCall['body']): number {
  const parameters = body['parameters'];
  const native = isRecord(parameters) ? parameters['max_new_tokens'] : undefined;
  const limit = body['max_completion_tokens'] ?? body['max_tokens'] ?? body['max_output_tokens'] ?? native;
  return typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

function forcedTool(body: FakeCall['body']): string | undefined {
  const choice = body['tool_choice'];
  if (choice !== 'required' && !isRecord(choice)) return undefined;
  const named = isRecord(choice)
    ? isRecord(choice['function'])
      ? choice['function']['name']
      : choice['name']
    : undefined;
  if (typeof named === 'string') return named;
  const tools = Array.isArray(body['tools']) ? (body['tools'] as readonly unknown[]) : [];
  const first = tools.find(isRecord);
  const name = isRecord(first?.['function']) ? first['function']['name'] : first?.['name'];
  return typeof name === 'string' ? name : undefined;
}

function wantsJson(body: FakeCall['body']): boolean {
  const format = body['response_format'] ?? (isRecord(body['text']) ? body['text']['format'] : undefined);
  return isRecord(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema');
}

/** The reply to one generating call (chat, completions, responses, TGI's own). */
export function replyTo(call: FakeCall, settings: ReplySettings, behaviour: Behaviour): Reply {
  const promptTokens = promptTokensOf(call.body);
  const tool = forcedTool(call.body);
  if (tool !== undefined) {
    const text = '{"query":"a steady signal"}';
    const finishReason = behaviour.finishReason ?? 'tool_calls';
    return {
      pieces: text.match(/.{1,6}/g) ?? [],
      finishReason,
      toolCall: { name: tool, arguments: text },
      promptTokens,
    };
  }
  const begun = begunAnswer(call.body);
  let pieces = plainPieces(begun === undefined ? call : { ...call, body: begun.body }, settings, behaviour);
  if (begun !== undefined && pieces.join('').startsWith(begun.begun)) {
    pieces = piecesOf(pieces.join('').slice(begun.begun.length));
  }
  if (wantsJson(call.body)) pieces = piecesOf(JSON.stringify({ answer: pieces.join('') }));
  const limit = tokenLimit(call.body);
  const isShortened = pieces.length > limit;
  if (isShortened) pieces = pieces.slice(0, limit);
  const finishReason = behaviour.finishReason ?? (isShortened ? 'length' : 'stop');
  return { pieces, finishReason, toolCall: undefined, promptTokens };
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
