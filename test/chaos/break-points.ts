// Where a stream can break, and by what: for each place an error that may pass and one that will not. What the client
// sees, what it costs and what the deployment's health notes is written out for every row (DESIGN 5).
import type { FaultInput } from '../../src/fake-provider/fault.ts';
import type { Style } from './known-answers.ts';

/** The whole answer, or an error behind so many words of it: with a status, or in the stream. */
export type Sees =
  | { readonly kind: 'answer' }
  | {
      readonly kind: 'error';
      readonly status: number | undefined;
      readonly words: string;
      readonly text:
        | { readonly kind: 'words'; readonly count: number }
        | { readonly kind: 'text'; readonly text: string };
    };

export interface BreakPoint {
  /** Goes behind "a stream that breaks". */
  readonly place: string;
  readonly error: string;
  readonly fault: FaultInput;
  readonly callsTool?: true;
  readonly sees: Sees | Readonly<Record<Style, Sees>>;
  /** Upstream requests of the primary and the second. */
  readonly attempts: readonly [number, number];
  /** Failure samples of the primary. */
  readonly failures: 0 | 1;
}

const ANSWER: Sees = { kind: 'answer' };
const OVERLOADED = 'Overloaded';
const INVALID = 'The request is invalid.';
const CUT = 'the stream ended before the answer was complete';

function inStream(words: string, count: number): Sees {
  return { kind: 'error', status: undefined, words, text: { kind: 'words', count } };
}

function withStatus(status: number, words: string): Sees {
  return { kind: 'error', status, words, text: { kind: 'words', count: 0 } };
}

function inTool(words: string): Sees {
  return { kind: 'error', status: undefined, words, text: { kind: 'text', text: '{"query":"a ' } };
}

function recovered(words: string, count: number): Readonly<Record<Style, Sees>> {
  return { deterministic: ANSWER, sampled: inStream(words, count) };
}

export const BREAK_POINTS: readonly BreakPoint[] = [
  {
    place: 'before its first byte',
    error: 'a closed connection',
    fault: { connection: 'close' },
    sees: ANSWER,
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'before its first byte',
    error: 'an error that may pass',
    fault: { error: 'overloaded' },
    sees: ANSWER,
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'before its first byte',
    error: 'an error that will not pass',
    fault: { error: 'bad-request' },
    sees: withStatus(400, INVALID),
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'after its headers',
    error: 'a cut',
    fault: { breakAt: 'headers' },
    sees: ANSWER,
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'after its headers',
    error: 'an error that may pass',
    fault: { breakAt: 'headers', breakHow: 'error', streamError: 'overloaded' },
    sees: ANSWER,
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'after its headers',
    error: 'an error that will not pass',
    fault: { breakAt: 'headers', breakHow: 'error', streamError: 'bad-request' },
    sees: withStatus(400, INVALID),
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'after the role chunk',
    error: 'a cut',
    fault: { cutAfterTokens: 0 },
    sees: ANSWER,
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'after the role chunk',
    error: 'an error that may pass',
    fault: { errorAfterTokens: 0, streamError: 'overloaded' },
    sees: ANSWER,
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'after the role chunk',
    error: 'an error that will not pass',
    fault: { errorAfterTokens: 0, streamError: 'bad-request' },
    sees: withStatus(400, INVALID),
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'after one token',
    error: 'a cut',
    fault: { cutAfterTokens: 1 },
    sees: recovered(CUT, 1),
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'after one token',
    error: 'an error that may pass',
    fault: { errorAfterTokens: 1, streamError: 'overloaded' },
    sees: recovered(OVERLOADED, 1),
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'after one token',
    error: 'an error that will not pass',
    fault: { errorAfterTokens: 1, streamError: 'bad-request' },
    sees: inStream(INVALID, 1),
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'inside the arguments of a tool call',
    error: 'a cut',
    fault: { cutAfterTokens: 2 },
    callsTool: true,
    sees: inTool(CUT),
    attempts: [1, 0],
    failures: 1,
  },
  {
    place: 'inside the arguments of a tool call',
    error: 'an error that may pass',
    fault: { errorAfterTokens: 2, streamError: 'overloaded' },
    callsTool: true,
    sees: inTool(OVERLOADED),
    attempts: [1, 0],
    failures: 1,
  },
  {
    place: 'inside the arguments of a tool call',
    error: 'an error that will not pass',
    fault: { errorAfterTokens: 2, streamError: 'bad-request' },
    callsTool: true,
    sees: inTool(INVALID),
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'behind its finish reason',
    error: 'a cut',
    fault: { breakAt: 'finish' },
    sees: ANSWER,
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'behind its finish reason',
    error: 'an error that may pass',
    fault: { breakAt: 'finish', breakHow: 'error', streamError: 'overloaded' },
    sees: ANSWER,
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'behind its finish reason',
    error: 'an error that will not pass',
    fault: { breakAt: 'finish', breakHow: 'error', streamError: 'bad-request' },
    sees: ANSWER,
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'behind its finish reason',
    error: 'silence',
    fault: { breakAt: 'finish', breakHow: 'stall' },
    sees: ANSWER,
    attempts: [1, 0],
    failures: 0,
  },
  {
    place: 'in silence after 20 tokens',
    error: 'that never ends',
    fault: { stallAfterTokens: 20 },
    sees: recovered('the stream went silent', 20),
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'in silence after 20 tokens',
    error: 'an error that may pass',
    fault: { stallAfterTokens: 20, stallMs: 5_000, errorAfterTokens: 20, streamError: 'overloaded' },
    sees: recovered(OVERLOADED, 20),
    attempts: [1, 1],
    failures: 1,
  },
  {
    place: 'in silence after 20 tokens',
    error: 'an error that will not pass',
    fault: { stallAfterTokens: 20, stallMs: 5_000, errorAfterTokens: 20, streamError: 'bad-request' },
    sees: inStream(INVALID, 20),
    attempts: [1, 0],
    failures: 0,
  },
];
