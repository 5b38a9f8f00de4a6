// Answers that are made up instead of asked for: `mock_response`, `mock_tool_calls`, `mock_timeout`, `mock_delay`, read
// from a body or from `litellm_params` by the same rules (litellm-behaviour.md 11.1). What they become is mock-answer.ts.

/** Failures that a mock can ask for, by what a provider would have said. */
export type MockedError = 'rate_limit' | 'internal' | 'context_window' | 'content_policy' | 'broken_stream';

export type MockContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'error'; readonly error: MockedError }
  /** The whole answer, as the endpoint gives it. */
  | { readonly kind: 'object'; readonly object: Fields }
  /** An embedding. */
  | { readonly kind: 'vector'; readonly vector: readonly number[] }
  /** No answer at all: the attempt runs into its limit. */
  | { readonly kind: 'timeout' };

export interface Mock {
  /** `undefined`: only tool calls are mocked. */
  readonly content: MockContent | undefined;
  readonly toolCalls: readonly Fields[];
  /** Milliseconds before the answer begins. */
  readonly delayMs: number;
}

/** A value that cannot be read; `param` names it. */
export interface MockProblem {
  readonly kind: 'problem';
  readonly param: string;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

const MS_PER_S = 1_000;

/** LiteLLM's words; the last two may go on. */
const ERROR_WORDS: readonly (readonly [words: string, error: MockedError, isPrefix: boolean])[] = [
  ['litellm.RateLimitError', 'rate_limit', false],
  ['litellm.ContextWindowExceededError', 'context_window', false],
  ['litellm.InternalServerError', 'internal', false],
  ['Exception: content_filter_policy', 'content_policy', true],
  ['Exception: mock_streaming_error', 'broken_stream', true],
];

/** One of these lists makes a map an answer of some endpoint. */
const PAYLOADS = ['choices', 'data', 'output', 'results'];

/** What the fields of one request or deployment ask for; `undefined` = nothing. A delay alone mocks nothing, as in 1.106. */
export function readMock(get: (key: string) => unknown): Mock | MockProblem | undefined {
  const timesOut = isTrue(get('mock_timeout'));
  if (timesOut === undefined) return problem('mock_timeout', 'true or false');
  const content = timesOut ? ({ kind: 'timeout' } as const) : readResponse(get('mock_response') ?? false);
  if (content?.kind === 'problem') return content;
  const toolCalls = readToolCalls(get('mock_tool_calls') ?? []);
  if (toolCalls === undefined) return problem('mock_tool_calls', 'a list of tool calls, each with function.name');
  if (content === undefined && toolCalls.length === 0) return undefined;
  const delayMs = readDelay(get('mock_delay') ?? 0);
  return delayMs === undefined
    ? problem('mock_delay', 'a number of seconds, 0 or more')
    : { content, toolCalls, delayMs };
}

export function isMockProblem(read: Mock | MockProblem | undefined): read is MockProblem {
  return read !== undefined && 'kind' in read;
}

function isTrue(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === undefined || value === null) return false;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

function readResponse(value: unknown): MockContent | MockProblem | undefined {
  if (value === false || value === '') return undefined;
  if (typeof value === 'string') {
    const known = ERROR_WORDS.find(([words, , isPrefix]) => (isPrefix ? value.startsWith(words) : value === words));
    return known === undefined ? { kind: 'text', text: value } : { kind: 'error', error: known[1] };
  }
  if (Array.isArray(value)) return isVector(value) ? { kind: 'vector', vector: value } : problemOfResponse();
  if (!isFields(value) || !PAYLOADS.some((key) => Array.isArray(value[key]))) return problemOfResponse();
  return { kind: 'object', object: value };
}

function isVector(list: readonly unknown[]): list is readonly number[] {
  return list.length > 0 && list.every((item) => typeof item === 'number' && Number.isFinite(item));
}

function readToolCalls(value: unknown): readonly Fields[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every(isToolCall) ? value : undefined;
}

function isToolCall(item: unknown): item is Fields {
  return isFields(item) && isFields(item['function']) && typeof item['function']['name'] === 'string';
}

function readDelay(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds * MS_PER_S : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemOfResponse(): MockProblem {
  return problem('mock_response', `text, a list of numbers, or a whole answer with ${PAYLOADS.join(', ')}`);
}

function problem(param: string, wanted: string): MockProblem {
  return { kind: 'problem', param, message: `'${param}' must be ${wanted}.` };
}
