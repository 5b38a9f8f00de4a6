// What the shell adds to a recovery: whether a broken stream was plain text, what the next attempt is to go on from, and
// how that is asked of the provider. Whether it is done, and by whom, is the plan's decision.
import type { Attempt, Resumable, TokenUsage } from '../core/outcome.ts';
import { prefillMembers } from '../provider/prefill.ts';
import { isFields } from '../wire/chunk-dialect.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import type { JsonBody } from '../wire/json-body.ts';
import { StreamProgress } from '../wire/stream-progress.ts';
import type { StreamResume } from '../wire/stream-reader.ts';
import { runsToolsAtClient } from './client-tools.ts';
import type { Exchange } from './exchange.ts';

/** Bytes of English text per token, about. */
const BYTES_PER_TOKEN = 4;

const RESUMED_ENDPOINTS: ReadonlySet<Endpoint> = new Set<Endpoint>(['chat', 'completions', 'responses']);

/** For what nobody counted: the same estimate as the limiter's. */
export function estimateUsage(promptTokens: number, text: string): TokenUsage {
  const completionTokens = Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
  return { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
}

/**
 * Where an attempt notes what the client gets of it; `undefined` where a stream is never gone on with. Whoever goes on
 * with a stream notes behind it, everybody else begins anew: it is the request's from the first content on.
 */
export function progressOf({ input, progress }: Exchange, { resume }: Attempt): StreamProgress | undefined {
  if (!RESUMED_ENDPOINTS.has(input.endpoint)) return undefined;
  if (input.runtime.config.table.settings.streamRecovery === 'off') return undefined;
  return resume === undefined ? new StreamProgress() : progress;
}

/** Plain text without anything beside it in flight, or `undefined`. Read when a stream has broken, never before. */
export function resumableOf({ input, progress }: Exchange): Resumable | undefined {
  const { body, endpoint } = input;
  if (progress === undefined || progress.isEntangled || progress.isFinished || body === undefined) return undefined;
  if (endpoint === 'responses' ? !isPlainResponse(body) : !isPlainChat(body)) return undefined;
  const isDeterministic = body.get('temperature') === 0 || typeof body.get('seed') === 'number';
  return { isDeterministic, mayPrefill: endpoint === 'chat' };
}

function isPlainChat(body: JsonBody): boolean {
  if (body.has('n') && body.get('n') !== 1) return false;
  return !body.has('response_format') || isPlainFormat(body.get('response_format'));
}

/**
 * A `conversation` has the input already, and would get it twice; a stored `prompt` may hold tools and formats. Whether
 * the response is stored, which forbids it too, its stream says.
 */
function isPlainResponse(body: JsonBody): boolean {
  if (!isNothing(body.get('conversation')) || !isNothing(body.get('prompt'))) return false;
  const text = body.get('text');
  if (isFields(text) && !isNothing(text['format']) && !isPlainFormat(text['format'])) return false;
  return runsToolsAtClient(body);
}

function isPlainFormat(format: unknown): boolean {
  return typeOf(format) === 'text';
}

function typeOf(value: unknown): unknown {
  return isFields(value) ? value['type'] : undefined;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * Whether the provider is asked to keep the response, as it does when nothing is said. A stored response that broke is
 * not gone on with: the client has its id, and by this id it would read or continue what the first provider kept of it,
 * which is not the answer that it got. The second response has another id, on another deployment, and the client cannot
 * be told a new one midway. A table from one id to the other would hold in one process and until it ends, so that the
 * same id led to two different answers; an error is the smaller evil. What is not stored has an id that leads nowhere,
 * with or without recovery.
 */
export function asksToStore({ input }: Exchange, { overrides }: Attempt): boolean {
  return (overrides?.['store'] ?? input.body?.get('store')) !== false;
}

/** What the reader of the attempt is told; `undefined` for an attempt that begins an answer. */
export function streamResume({ progress, input }: Exchange, { resume }: Attempt): StreamResume | undefined {
  if (resume === undefined || progress === undefined) return undefined;
  return { by: resume, spent: estimateUsage(input.intent.promptTokens, progress.content + progress.reasoning) };
}

/** What is no longer true of the headers: they were sent for another attempt. `undefined` = they still hold. */
export function finishNote(
  exchange: Exchange,
  { resume, deployment, retries, fallbacks }: Attempt,
): Readonly<Record<string, unknown>> | undefined {
  const { input, brokenDeployment, headFor } = exchange;
  if (headFor === undefined || (resume === undefined && headFor.deployment === deployment)) return undefined;
  const { deployments } = input.runtime.config.table;
  const broken = brokenDeployment === undefined ? {} : { broken_deployment: deployments[brokenDeployment]?.id };
  const recovered = resume === undefined ? {} : { recovered: resume };
  return {
    ...recovered,
    deployment: deployments[deployment]?.id,
    ...broken,
    attempted_retries: retries,
    attempted_fallbacks: fallbacks,
  };
}

/** Request members that give the beginning of the answer, for an attempt that goes on by prefill. */
export function prefillOf(exchange: Exchange, planned: Attempt): Readonly<Record<string, unknown>> | undefined {
  const { input, progress } = exchange;
  const provider = input.runtime.config.table.deployments[planned.deployment]?.provider;
  if (planned.resume !== 'prefill' || progress === undefined || provider === undefined) return undefined;
  const messages = planned.overrides?.['messages'] ?? input.body?.get('messages');
  return prefillMembers({ provider, upstreamModel: planned.upstreamModel }, messages, progress.content);
}
