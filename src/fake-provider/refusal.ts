// Whether a request is answered with a failure, and with which: faults that were asked for, keys, limits, windows. The
// order is that of real front ends: key first, then limits, then what the model's host would say.
import { randomUUID } from 'node:crypto';
import type { FakeCall } from './answer.ts';
import type { Behaviour, ErrorKind } from './fault.ts';
import { kindOfStatus, vendorError } from './errors/vendor-error.ts';
import type { ErrorContext } from './errors/error-context.ts';
import { promptTokensOf } from './prompt.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import type { LimitVerdict, SlidingLimit } from './sliding-limit.ts';

export interface Refusal {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a model has used up. */
export interface ModelUsage {
  readonly requests: SlidingLimit;
  readonly tokens: SlidingLimit;
}

export interface RefusalInput {
  readonly call: FakeCall;
  readonly behaviour: Behaviour;
  readonly usage: ModelUsage;
  readonly nowMs: number;
  /** Keys that open the door; `undefined`: any or none. */
  readonly keys: readonly string[] | undefined;
  /** The key that was sent, without its scheme. */
  readonly key: string | undefined;
}

/** Admission with the headers that tell how the limits stand, or the failure. */
export type Judgement =
  | { readonly kind: 'admitted'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const ASSUMED_COMPLETION_TOKENS = 16;
const GENERATING: ReadonlySet<FakeCall['endpoint']> = new Set([
  'chat',
  'completions',
  'responses',
  'generate',
  'generate-root',
]);
const DEFAULT_WINDOW_TOKENS = 8192;

function completionTokensOf({ body, endpoint }: FakeCall): number {
  if (!GENERATING.has(endpoint)) return 0;
  const limit = body['max_completion_tokens'] ?? body['max_tokens'] ?? body['max_output_tokens'];
  return typeof limit === 'number' ? limit : ASSUMED_COMPLETION_TOKENS;
}

function contextOf(input: RefusalInput): ErrorContext {
  const { call, behaviour } = input;
  const promptTokens = promptTokensOf(call.body);
  const asked = Number(behaviour.retryAfter);
  return {
    model: call.model,
    method: call.method,
    path: call.path,
    apiVersion: call.apiVersion,
    promptTokens: Math.max(promptTokens, behaviour.error === 'context-length' ? DEFAULT_WINDOW_TOKENS + 1 : 0),
    completionTokens: completionTokensOf(call),
    contextWindowTokens: behaviour.contextWindowTokens ?? DEFAULT_WINDOW_TOKENS,
    retryAfterSeconds: Number.isFinite(asked) ? Math.ceil(asked) : 1,
    limited: 'requests',
    limit: behaviour.rpm ?? 60,
    used: behaviour.rpm ?? 60,
    requested: 1,
    requestId: `req_${randomUUID().replaceAll('-', '')}`,
    message: behaviour.message,
  };
}

function refuse(input: RefusalInput, kind: ErrorKind, changes: Partial<ErrorContext> = {}): Refusal {
  const { behaviour } = input;
  const vendor = behaviour.vendor ?? input.call.vendor;
  const { status, body } = vendorError(vendor, kind, { ...contextOf(input), ...changes });
  const headers: Record<string, string> = {};
  if (behaviour.retryAfter !== undefined) headers['retry-after'] = behaviour.retryAfter;
  if (behaviour.retryAfterMs !== undefined) headers['retry-after-ms'] = String(behaviour.retryAfterMs);
  return { status, body, headers };
}

interface Weighed {
  readonly limited: 'requests' | 'tokens';
  readonly limit: number;
  readonly units: number;
  readonly verdict: LimitVerdict;
}

function weighed(input: RefusalInput): readonly Weighed[] {
  const { behaviour, usage, nowMs, call } = input;
  const all: Weighed[] = [];
  if (behaviour.rpm !== undefined) {
    const verdict = usage.requests.weigh(behaviour.rpm, 1, nowMs);
    all.push({ limited: 'requests', limit: behaviour.rpm, units: 1, verdict });
  }
  if (behaviour.tpm !== undefined) {
    const units = promptTokensOf(call.body) + completionTokensOf(call);
    const verdict = usage.tokens.weigh(behaviour.tpm, units, nowMs);
    all.push({ limited: 'tokens', limit: behaviour.tpm, units, verdict });
  }
  return all;
}

function overLimit(input: RefusalInput, over: Weighed): Refusal {
  const vendor = input.behaviour.vendor ?? input.call.vendor;
  const seconds = Math.max(1, Math.ceil(over.verdict.waitMs / 1000));
  const used = over.limit - over.verdict.remaining;
  const facts = { limited: over.limited, limit: over.limit, used, requested: over.units, retryAfterSeconds: seconds };
  const refusal = refuse(input, 'rate-limit', facts);
  const sendsRetryAfter = vendor !== 'tgi' && vendor !== 'vllm';
  const headers = { ...(sendsRetryAfter && { 'retry-after': String(seconds) }), ...refusal.headers };
  return { ...refusal, headers };
}

function endsWithAssistant({ messages }: FakeCall['body']): boolean {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  return typeof last === 'object' && last !== null && 'role' in last && last.role === 'assistant';
}

function faultAskedFor(input: RefusalInput): Refusal | undefined {
  const { status, error } = input.behaviour;
  if (input.behaviour.rejectPrefill === true && endsWithAssistant(input.call.body)) {
    return refuse(input, 'bad-request', { message: 'Prefilling assistant messages is not supported for this model.' });
  }
  if (error === undefined && status === undefined) return undefined;
  const refusal = refuse(input, error ?? kindOfStatus(status ?? 500));
  return status === undefined ? refusal : { ...refusal, status };
}

/** Judges one request, and takes it from the limits when they admit it. */
export function judge(input: RefusalInput): Judgement {
  const { behaviour, keys, call, usage, nowMs } = input;
  if (keys !== undefined && (input.key === undefined || !keys.includes(input.key))) {
    return { kind: 'refused', refusal: refuse(input, 'auth') };
  }
  const limits = weighed(input);
  const headers = rateLimitHeaders(behaviour.vendor ?? call.vendor, limits);
  const over = limits.find((one) => !one.verdict.isAdmitted);
  const withLimits = (refusal: Refusal): Judgement => {
    return { kind: 'refused', refusal: { ...refusal, headers: { ...headers, ...refusal.headers } } };
  };
  if (over !== undefined) return withLimits(overLimit(input, over));
  for (const one of limits) usage[one.limited].take(one.units, nowMs);
  const asked = faultAskedFor(input);
  if (asked !== undefined) return withLimits(asked);
  const window = behaviour.contextWindowTokens;
  if (window !== undefined && promptTokensOf(call.body) > window) return withLimits(refuse(input, 'context-length'));
  return { kind: 'admitted', headers };
}

/** The vendor's answer to a body or path that it cannot serve. */
export function refuseCall(input: RefusalInput, kind: ErrorKind, message?: string): Refusal {
  return refuse(input, kind, message === undefined ? {} : { message });
}
