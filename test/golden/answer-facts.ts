// What of an answer counts: the fields in which a replacement must equal the recorded proxy (records/README.md), as one
// flat table a comparison can go through. Message texts, ids, times, costs and usage are deliberately not in it.
import type { ClientAnswer, Json, StreamEvent, UpstreamAttempt } from './record.ts';

/** Field by field; a field that is missing is `undefined` on purpose, so that both sides have the same keys. */
export type Facts = Readonly<Record<string, Json | undefined>>;

type JsonObject = { readonly [key: string]: Json };

const COMPARED_HEADERS = [
  'x-litellm-model-group',
  'x-litellm-attempted-retries',
  'x-litellm-attempted-fallbacks',
  'x-litellm-timeout',
  'retry-after',
] as const;
/** Not part of what an upstream is asked for, or added by some versions only. */
const IGNORED_BODY_FIELDS = new Set(['stream_options', 'user', 'metadata']);

/** The facts of one answer without its upstream attempts. */
export function answerFacts(answer: ClientAnswer): Facts {
  return {
    ...headFacts(answer),
    ...(answer.events === undefined ? bodyFacts(answer.body) : streamFacts(answer.events)),
  };
}

function headFacts({ status, headers, problem }: ClientAnswer): Facts {
  const facts: Record<string, Json | undefined> = { status };
  if (problem !== undefined) facts['no answer'] = problem;
  facts['x-litellm-model-id'] = headers['x-litellm-model-id'] === undefined ? 'absent' : 'present';
  for (const name of COMPARED_HEADERS) facts[name] = headers[name];
  return facts;
}

/** One attempt as it counts: where it went, and its body without what is ignored. */
export function attemptFacts({ to, path, query, body }: UpstreamAttempt): Facts {
  return { to, path, query, body: isObject(body) ? withoutIgnored(body) : body };
}

function withoutIgnored(body: JsonObject): JsonObject {
  const kept = Object.entries(body).filter(
    ([name, value]) => !IGNORED_BODY_FIELDS.has(name) && value !== null && value !== false,
  );
  return Object.fromEntries(kept);
}

function bodyFacts(body: Json | undefined): Facts {
  if (!isObject(body)) return {};
  const error = errorFacts(body);
  const facts: Record<string, Json | undefined> = { ...error, model: body['model'] };
  const { choices, data, content } = body;
  if (Array.isArray(choices)) facts['content'] = choices.map(plainChoice);
  else if (isList(content)) facts['content'] = [...content, body['stop_reason'] ?? null];
  else if (isList(data)) facts['data'] = inAnyOrder(data.map(listed));
  for (const name of ['healthy_count', 'unhealthy_count']) facts[name] = body[name];
  return facts;
}

/** `param` and `code` count as they are: null, text or missing. */
function errorFacts(body: JsonObject): Facts {
  const { error } = body;
  if (!isObject(error)) return { 'error.type': undefined };
  return { 'error.type': error['type'], 'error.code': error['code'], 'error.param': error['param'] };
}

function plainChoice(choice: Json): Json {
  if (!isObject(choice)) return choice;
  const message = isObject(choice['message']) ? choice['message'] : {};
  return compact({
    index: choice['index'],
    content: message['content'] ?? choice['text'],
    reasoning: message['reasoning_content'],
    refusal: message['refusal'],
    tool_calls: message['tool_calls'],
    function_call: message['function_call'],
    finish_reason: choice['finish_reason'],
  });
}

/** Listings have no order to rely on; what carries an index has. Shortened listings keep their last word last. */
function inAnyOrder(entries: readonly Json[]): readonly Json[] {
  if (entries.some((entry) => isObject(entry) && 'index' in entry)) return entries;
  const keyOf = (entry: Json): string => `${isObject(entry) ? '' : '~'}${JSON.stringify(entry)}`;
  return entries.toSorted((first, second) => (keyOf(first) < keyOf(second) ? -1 : 1));
}

/** Entries of listings and embeddings: what names them, and the vector. */
function listed(entry: Json): Json {
  if (!isObject(entry)) return entry;
  const info = isObject(entry['model_info']) ? entry['model_info']['id'] : undefined;
  return compact({
    id: entry['id'],
    model_name: entry['model_name'],
    model_group: entry['model_group'],
    model_id: info,
    index: entry['index'],
    embedding: entry['embedding'],
  });
}

interface StreamedChoice {
  content: string;
  reasoning: string;
  toolCalls: Map<number, { name: string; arguments: string }>;
  finish: Json;
}

function streamFacts(events: readonly StreamEvent[]): Facts {
  const choices = new Map<number, StreamedChoice>();
  const facts: Record<string, Json | undefined> = {};
  const others: Json[] = [];
  for (const { data, event } of events) {
    if (!isObject(data)) continue;
    if (isObject(data['error'])) Object.assign(facts, errorFacts(data));
    facts['model'] ??= data['model'];
    if (Array.isArray(data['choices'])) for (const choice of data['choices']) addDelta(choices, choice);
    else if (event !== undefined) others.push(event);
  }
  facts['content'] = [...choices].map(([index, choice]) => shownChoice(index, choice));
  if (others.length > 0) facts['events'] = others;
  facts['[DONE]'] = events.some(({ data }) => data === '[DONE]');
  return facts;
}

function addDelta(choices: Map<number, StreamedChoice>, choice: Json): void {
  if (!isObject(choice)) return;
  const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
  const sum = choices.get(index) ?? { content: '', reasoning: '', toolCalls: new Map(), finish: null };
  choices.set(index, sum);
  const delta = isObject(choice['delta']) ? choice['delta'] : choice;
  sum.content += textOf(delta['content'] ?? delta['text']);
  sum.reasoning += textOf(delta['reasoning_content']);
  sum.finish = choice['finish_reason'] ?? sum.finish;
  if (isList(delta['tool_calls'])) for (const call of delta['tool_calls']) addToolCall(sum, call);
}

function addToolCall(sum: StreamedChoice, call: Json): void {
  if (!isObject(call)) return;
  const index = typeof call['index'] === 'number' ? call['index'] : 0;
  const known = sum.toolCalls.get(index) ?? { name: '', arguments: '' };
  const called = isObject(call['function']) ? call['function'] : {};
  sum.toolCalls.set(index, {
    name: known.name + textOf(called['name']),
    arguments: known.arguments + textOf(called['arguments']),
  });
}

function shownChoice(index: number, choice: StreamedChoice): Json {
  return compact({
    index,
    content: choice.content,
    reasoning: choice.reasoning === '' ? undefined : choice.reasoning,
    tool_calls: choice.toolCalls.size === 0 ? undefined : [...choice.toolCalls.values()],
    finish_reason: choice.finish,
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function compact(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const kept = Object.entries(fields).filter(
    (field): field is [string, Json] => field[1] !== undefined && field[1] !== null,
  );
  return Object.fromEntries(kept);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
