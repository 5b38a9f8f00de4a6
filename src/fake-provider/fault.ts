// What can go wrong on purpose: the fields of one fault, for which requests it holds, and how several become the
// behaviour of one request. Plain data, so that tests, the control endpoint and model names all say the same thing.
import { z } from 'zod';

/** The companies and servers whose answers and error texts the fake provider speaks. */
export const VENDORS = ['openai', 'azure', 'tgi', 'vllm', 'anthropic'] as const;
export type Vendor = (typeof VENDORS)[number];

/** Failures that every vendor has, each in words of its own. */
export const ERROR_KINDS = [
  'rate-limit',
  'quota',
  'context-length',
  'content-filter',
  'server',
  'unavailable',
  'overloaded',
  'timeout',
  'auth',
  'permission',
  'not-found',
  'bad-request',
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

const count = z.number().int().nonnegative();
const amount = z.number().nonnegative();

/**
 * One fault. `on` says for which requests of the model it holds, counted from 1: `3`, `1-2`, `5-`, `*3` (every third),
 * `10%` (chance); absent: all. `...AfterTokens` count content events of a stream; for plain answers they are read as
 * pieces of the text, and the connection breaks in the middle of the body.
 */
export const faultSchema = z.strictObject({
  on: z
    .string()
    .regex(/^(\d+(-\d*)?|\*[1-9]\d*|\d+(\.\d+)?%)$/)
    .optional(),
  /** Before the response headers. */
  latencyMs: amount.optional(),
  /** Between the headers and the first event of a stream. */
  firstTokenMs: amount.optional(),
  tokensPerSecond: z.number().positive().optional(),
  /** Fails with this status, in the vendor's words for it; redirects want a `location` in `headers`. */
  status: z.number().int().min(300).max(599).optional(),
  error: z.enum(ERROR_KINDS).optional(),
  vendor: z.enum(VENDORS).optional(),
  message: z.string().optional(),
  /** Value of `retry-after` as it stands, on failures. */
  retryAfter: z.union([z.string(), amount.transform(String)]).optional(),
  retryAfterMs: amount.optional(),
  /** Further response headers, on every answer. */
  headers: z.record(z.string(), z.string()).optional(),
  /** Enforced over a sliding minute. */
  rpm: count.optional(),
  tpm: count.optional(),
  /** Prompts above this many tokens are refused. */
  contextWindowTokens: count.optional(),
  /** Chats that end with a message of the assistant are refused. */
  rejectPrefill: z.boolean().optional(),
  connection: z.enum(['reset', 'close', 'silence']).optional(),
  cutAfterTokens: count.optional(),
  /** `drop`: closed without the end of the body; `reset`: TCP reset; `end`: a clean end, but too early. */
  cutHow: z.enum(['drop', 'reset', 'end']).optional(),
  stallAfterTokens: count.optional(),
  /** A stall ends after so long; default never. */
  stallMs: amount.optional(),
  malformedAfterTokens: count.optional(),
  /** In-band error event in the middle of a stream. */
  errorAfterTokens: count.optional(),
  /** Which error that event tells, in the vendor's words; default `server`. */
  streamError: z.enum(ERROR_KINDS).optional(),
  /** Breaks a stream where no token counts: before its first event, or behind its finish reason. */
  breakAt: z.enum(['headers', 'finish']).optional(),
  /** How it breaks there; default `cut`, as `cutHow` says. */
  breakHow: z.enum(['cut', 'stall', 'error']).optional(),
  omitDone: z.boolean().optional(),
  omitFinishReason: z.boolean().optional(),
  finishReason: z.string().optional(),
  /** Instead of the answer: an HTML page, nothing, bytes that are no JSON, or JSON padded to `bodyBytes` (64 MiB). */
  body: z.enum(['html', 'empty', 'garbage', 'huge']).optional(),
  bodyBytes: count.optional(),
  /** Sends the body at this rate. */
  bodyBytesPerSecond: z.number().positive().optional(),
  /** Says exactly this. */
  answer: z.string().optional(),
  answerTokens: count.optional(),
});

export type Fault = z.infer<typeof faultSchema>;

/** A fault as it is written down: numbers may stand for texts. */
export type FaultInput = z.input<typeof faultSchema>;

/** Faults by upstream model (for Azure: deployment) name; `*` is for every model. */
export type FaultTable = Readonly<Record<string, readonly Fault[]>>;

/** What one request gets: all faults that hold for it, later ones winning field by field. */
export type Behaviour = Omit<Fault, 'on'>;

/** True when a fault with this `on` holds for request `number` (from 1); `random` gives a number in [0, 1). */
export function isSelected(on: string | undefined, number: number, random: () => number): boolean {
  if (on === undefined) return true;
  if (on.endsWith('%')) return random() * 100 < Number(on.slice(0, -1));
  if (on.startsWith('*')) return number % Number(on.slice(1)) === 0;
  const dash = on.indexOf('-');
  if (dash < 0) return number === Number(on);
  const last = on.slice(dash + 1);
  return number >= Number(on.slice(0, dash)) && (last === '' || number <= Number(last));
}

/** The behaviour that a list of faults gives to request `number`. */
export function behaviourOf(faults: readonly Fault[], number: number, random: () => number): Behaviour {
  if (faults.length === 0) return {};
  const behaviour: Fault = {};
  for (const fault of faults) {
    if (isSelected(fault.on, number, random)) Object.assign(behaviour, fault);
  }
  delete behaviour.on;
  return behaviour;
}
