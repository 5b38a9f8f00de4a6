// Reads what a request asks of the router from its body and headers, once. Fields that only the gateway understands
// are named here and nowhere else are they looked up; the providers cut them from what is forwarded.
import {
  plainIntent,
  type ClientFallbacks,
  type IntentBasics,
  type MockFailure,
  type RequestIntent,
} from '../core/request-intent.ts';
import type { FallbackRule, FallbackTarget } from '../core/routing-table.ts';
import type { Millis } from '../core/units.ts';
import { FILLING_FIELDS, OVERRIDE_FIELD, readRouting, type IntentProblem } from './read-routing.ts';
import { MOST_CLIENT_RETRIES, readGroupRetryPolicies } from './read-retry-policies.ts';

/** Top-level members of a body, however it was written (JSON or form). */
export interface IntentSource {
  keys(): Iterable<string>;
  get(key: string): unknown;
  readonly promptTokens: number;
}

export interface IntentHeaders {
  readonly timeout: string | undefined;
  readonly streamTimeout: string | undefined;
  readonly numRetries: string | undefined;
  readonly tags: string | undefined;
}

type Draft = { -readonly [Key in keyof RequestIntent]: RequestIntent[Key] };

const SECONDS = 1000;

/** The client flags of `litellm-1.106.md` 11, strings as 11c takes them. */
const MOCK_FLAGS: Readonly<Record<string, MockFailure>> = {
  mock_testing_rate_limit_error: 'rate_limit',
  mock_testing_fallbacks: 'fallbacks',
  mock_testing_context_fallbacks: 'context_window',
  mock_testing_content_policy_fallbacks: 'content_policy',
};

/** Headers beat the body (1.106, section 7). Numbers may be strings; what is not a number is a problem. */
export function readIntent(
  basics: IntentBasics,
  body: IntentSource,
  headers: IntentHeaders,
): RequestIntent | IntentProblem {
  const draft: Draft = plainIntent(basics, body.promptTokens);
  let override: unknown;
  for (const key of body.keys()) {
    const read = BODY_FIELDS.get(key);
    if (read === undefined) continue;
    if (key === OVERRIDE_FIELD) override = body.get(key);
    const problem = read(draft, body.get(key), key);
    if (problem !== undefined) return problem;
  }
  // `tags` of the body beat those of the header; those of its metadata join either (1.106, 3.7).
  if (headers.tags !== undefined && strings(body.get('tags')) === undefined) {
    addTags(
      draft,
      headers.tags.split(',').map((tag) => tag.trim()),
    );
  }
  const refused = readHeaders(draft, headers);
  if (refused !== undefined || override === undefined || override === null) return refused ?? draft;
  return applyOverride(draft, override) ?? draft;
}

/** `router_settings_override` comes last: what body and headers say wins. */
function applyOverride(draft: Draft, override: unknown): IntentProblem | undefined {
  const refusal = `'${OVERRIDE_FIELD}' must be a map of router settings.`;
  if (!isRecord(override)) return { kind: 'problem', param: OVERRIDE_FIELD, message: refusal };
  const { promptTokens, ...basics } = draft;
  const filling: Draft = plainIntent(basics, promptTokens);
  for (const key of FILLING_FIELDS) {
    const problem = BODY_FIELDS.get(key)?.(filling, override[key] ?? undefined, `${OVERRIDE_FIELD}.${key}`);
    if (problem !== undefined) return problem;
  }
  draft.groupRetryPolicies = readGroupRetryPolicies(override);
  const routing = readRouting(override);
  if ('kind' in routing) return routing;
  draft.routing = routing;
  draft.numRetries ??= filling.numRetries;
  draft.timeoutMs ??= filling.timeoutMs;
  draft.fallbacks ??= filling.fallbacks;
  draft.contextWindowFallbacks ??= filling.contextWindowFallbacks;
  draft.contentPolicyFallbacks ??= filling.contentPolicyFallbacks;
  return undefined;
}

type FieldReader = (draft: Draft, value: unknown, key: string) => IntentProblem | undefined;

const BODY_FIELDS: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['max_tokens', readMaxTokens],
  ['max_completion_tokens', readMaxTokens],
  ['num_retries', (draft, value, key) => readRetries(draft, value, key)],
  ['max_fallbacks', (draft, value, key) => assign(wholeNumber(value, key), (depth) => (draft.maxFallbacks = depth))],
  ['timeout', (draft, value, key) => assign(seconds(value, key), (ms) => (draft.timeoutMs = ms))],
  ['request_timeout', (draft, value, key) => assign(seconds(value, key), (ms) => (draft.timeoutMs ??= ms))],
  ['stream_timeout', (draft, value, key) => assign(seconds(value, key), (ms) => (draft.streamTimeoutMs = ms))],
  ['priority', (draft, value, key) => assign(integer(value, key), (priority) => (draft.priority = priority))],
  ['fallbacks', fallbackField((draft, read) => (draft.fallbacks = read))],
  ['context_window_fallbacks', fallbackField((draft, read) => (draft.contextWindowFallbacks = read))],
  ['content_policy_fallbacks', fallbackField((draft, read) => (draft.contentPolicyFallbacks = read))],
  ['service_tier', (draft, value) => void (typeof value === 'string' && (draft.serviceTier = value))],
  ['disable_fallbacks', (draft, value) => void (draft.disableFallbacks = value === true)],
  ['tags', (draft, value) => addTags(draft, strings(value))],
  ['metadata', (draft, value) => addTags(draft, metadataTags(value))],
  ['litellm_metadata', (draft, value) => addTags(draft, metadataTags(value))],
  ['api_key', (draft, value) => void (draft.callerCredentials ||= isGiven(value))],
  ['api_base', (draft, value) => void (draft.callerCredentials ||= isGiven(value))],
  ['base_url', (draft, value) => void (draft.callerCredentials ||= isGiven(value))],
  [OVERRIDE_FIELD, () => undefined],
  ['background', (draft, value) => void (draft.retryUnsafe = value === true)],
  ['reasoning_effort', markReasoning],
  ['reasoning', markReasoning],
  ['thinking', markReasoning],
  ['mock_response', markMocked],
  ['mock_tool_calls', markMocked],
  ['mock_timeout', markMocked],
  ...Object.keys(MOCK_FLAGS).map((key): [string, FieldReader] => [key, readMockFlag]),
]);

/** Names of the fields that are read here, for bodies that cannot list their own. */
export const INTENT_FIELDS: readonly string[] = [...BODY_FIELDS.keys()];

/** Each target costs a look-up and a word in the error: a longer list is an attack or a mistake. */
const MOST_FALLBACKS = 100;

function fallbackField(set: (draft: Draft, read: ClientFallbacks | undefined) => void): FieldReader {
  return (draft, value, key) => {
    const read = readFallbacks(value);
    if (countOf(read) > MOST_FALLBACKS) {
      return { kind: 'problem', param: key, message: `'${key}' may name at most ${MOST_FALLBACKS} models.` };
    }
    set(draft, read);
    return undefined;
  };
}

function countOf(read: ClientFallbacks | undefined): number {
  if (read === undefined) return 0;
  if (read.kind === 'targets') return read.targets.length;
  return read.rules.reduce((sum, rule) => sum + rule.targets.length, read.rules.length);
}

function readRetries(draft: Draft, value: unknown, key: string): IntentProblem | undefined {
  return assign(wholeNumber(value, key), (retries) => (draft.numRetries = Math.min(retries, MOST_CLIENT_RETRIES)));
}

/** Each once. */
function addTags(draft: Draft, tags: readonly string[] | undefined): undefined {
  if (tags !== undefined) draft.tags = draft.tags.length === 0 ? tags : [...new Set([...draft.tags, ...tags])];
}

/** `reasoning_effort: "none"`, `reasoning: {"effort": "none"}` and `thinking: {"type": "disabled"}` ask for none. */
function markReasoning(draft: Draft, value: unknown): undefined {
  const word = isRecord(value) ? (value['effort'] ?? value['type']) : value;
  if (isGiven(value) && word !== 'none' && word !== 'disabled') draft.asksReasoning = true;
}

function readMaxTokens(draft: Draft, value: unknown): undefined {
  if (typeof value === 'number' && value > 0) draft.maxTokens = value;
}

function readMockFlag(draft: Draft, value: unknown, key: string): undefined {
  const asString =
    key !== 'mock_testing_rate_limit_error' && typeof value === 'string' && value.toLowerCase() === 'true';
  if (value === true || asString) draft.mockFailure = MOCK_FLAGS[key];
}

/** What it asks for is read by wire/mock.ts. What a caller makes up says nothing about a deployment's health. */
function markMocked(draft: Draft): undefined {
  draft.isMocked = true;
  draft.callerCredentials = true;
}

function readHeaders(draft: Draft, headers: IntentHeaders): IntentProblem | undefined {
  const { timeout, streamTimeout, numRetries } = headers;
  if (timeout === undefined && streamTimeout === undefined && numRetries === undefined) return undefined;
  return (
    assign(seconds(timeout, 'x-litellm-timeout'), (ms) => (draft.timeoutMs = ms)) ??
    assign(seconds(streamTimeout, 'x-litellm-stream-timeout'), (ms) => (draft.streamTimeoutMs = ms)) ??
    readRetries(draft, numRetries, 'x-litellm-num-retries')
  );
}

/**
 * LiteLLM's two forms. A string is that one group; a list of one-key maps to lists is looked up by group; an empty list
 * means no fallbacks at all (golden d77).
 */
export function readFallbacks(value: unknown): ClientFallbacks | undefined {
  if (typeof value === 'string' && value !== '') return { kind: 'targets', targets: [targetOf(value)] };
  if (!Array.isArray(value)) return undefined;
  if (value.length === 0) return { kind: 'targets', targets: [] };
  const rules = value.map(ruleOf);
  if (rules.every((rule): rule is FallbackRule => rule !== undefined)) return { kind: 'rules', rules };
  return { kind: 'targets', targets: value.map(targetOf).filter((target) => target.model !== '') };
}

function ruleOf(item: unknown): FallbackRule | undefined {
  if (!isRecord(item) || 'model' in item) return undefined;
  const [entry, ...others] = Object.entries(item);
  if (entry === undefined || others.length > 0) return undefined;
  const [from, targets] = entry;
  const list = Array.isArray(targets) ? targets : [targets];
  return { from, targets: list.map(targetOf).filter((target) => target.model !== '') };
}

function targetOf(item: unknown): FallbackTarget {
  if (typeof item === 'string') return { model: item, overrides: undefined };
  if (!isRecord(item) || typeof item['model'] !== 'string') return { model: '', overrides: undefined };
  const { model, ...overrides } = item;
  return { model, overrides: Object.keys(overrides).length === 0 ? undefined : overrides };
}

function metadataTags(value: unknown): readonly string[] | undefined {
  return isRecord(value) ? strings(value['tags']) : undefined;
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
}

/** Seconds to milliseconds; 0 and null mean "not set", as in 1.106 (golden f11). */
function seconds(value: unknown, param: string): Millis | undefined | IntentProblem {
  const parsed = numeric(value, param);
  if (typeof parsed !== 'number') return parsed;
  return parsed > 0 ? parsed * SECONDS : undefined;
}

/** Negative counts mean none. */
function wholeNumber(value: unknown, param: string): number | undefined | IntentProblem {
  const parsed = numeric(value, param);
  return typeof parsed === 'number' ? Math.max(0, Math.trunc(parsed)) : parsed;
}

/** Fractions are cut off. */
function integer(value: unknown, param: string): number | undefined | IntentProblem {
  const parsed = numeric(value, param);
  return typeof parsed === 'number' ? Math.trunc(parsed) : parsed;
}

function numeric(value: unknown, param: string): number | undefined | IntentProblem {
  if (value === undefined || value === null) return undefined;
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof parsed === 'number' && Number.isFinite(parsed)) return parsed;
  return {
    kind: 'problem',
    param,
    message: `'${param}' must be a number, got ${JSON.stringify(value)?.slice(0, 40)}.`,
  };
}

function assign<T>(value: T | undefined | IntentProblem, set: (value: T) => void): IntentProblem | undefined {
  if (value === undefined) return undefined;
  if (isProblem(value)) return value;
  set(value);
  return undefined;
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== '';
}

function isProblem(value: unknown): value is IntentProblem {
  return isRecord(value) && value['kind'] === 'problem';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
