// The tiny request that shows whether a deployment answers, by what it is for (`model_info.mode`), in the words of
// LiteLLM 1.106 (golden b13). Pure: what is sent and over which endpoint, nothing is called here.
import type { Deployment } from '../../core/deployment.ts';
import { lookupModel } from '../../provider/model-table.ts';
import type { Endpoint } from '../../wire/endpoint.ts';
import { wildcardModels } from './wildcard-models.ts';

/** Most tokens that a check may cost; smaller limits are refused by some models. */
const MAX_TOKENS = 16;
const QUESTION = "What's 1 + 1?";
const TEXT = 'test from litellm';

export interface HealthRequest {
  readonly kind: 'request';
  readonly endpoint: Endpoint;
  readonly upstreamModel: string;
  /** Of a JSON body, without the model; `undefined` = a form with a sound file. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** There is no cheap request for this deployment. */
export interface NotCheckable {
  readonly kind: 'not-checkable';
  readonly message: string;
}

type Fields = (info: Info, isReasoning: boolean) => Readonly<Record<string, unknown>>;
type Info = Readonly<Record<string, unknown>>;

interface ModeCheck {
  readonly endpoint: Endpoint;
  /** `undefined`: not a JSON body. */
  readonly fields: Fields | undefined;
}

/** Endpoint and body by mode. */
const BY_MODE: ReadonlyMap<string, ModeCheck> = new Map<string, ModeCheck>([
  ['chat', { endpoint: 'chat', fields: chatFields }],
  ['completion', { endpoint: 'completions', fields: (info) => ({ prompt: TEXT, max_tokens: maxTokens(info) }) }],
  ['embedding', { endpoint: 'embeddings', fields: () => ({ input: [TEXT] }) }],
  ['responses', { endpoint: 'responses', fields: (info) => ({ input: QUESTION, max_output_tokens: maxTokens(info) }) }],
  ['moderation', { endpoint: 'moderations', fields: () => ({ input: TEXT }) }],
  ['image_generation', { endpoint: 'images', fields: () => ({ prompt: TEXT }) }],
  [
    'audio_speech',
    { endpoint: 'speech', fields: (info) => ({ input: TEXT, voice: info['health_check_voice'] ?? 'alloy' }) },
  ],
  ['audio_transcription', { endpoint: 'transcriptions', fields: undefined }],
  ['rerank', { endpoint: 'rerank', fields: () => ({ query: TEXT, documents: [TEXT] }) }],
]);

/** `info` is the deployment's `model_info` with what the model table knows; without a mode it is a chat model. */
export function healthRequest(deployment: Deployment, info: Info): HealthRequest | NotCheckable {
  const mode = typeof info['mode'] === 'string' ? info['mode'] : 'chat';
  const check = BY_MODE.get(mode);
  if (check === undefined) return { kind: 'not-checkable', message: `there is no health check for mode ${mode}` };
  const upstreamModel = modelToCheck(deployment, info, mode);
  if (upstreamModel === undefined) {
    const message = 'a wildcard deployment of an unknown provider: name a model in model_info.health_check_model';
    return { kind: 'not-checkable', message };
  }
  return {
    kind: 'request',
    endpoint: check.endpoint,
    upstreamModel,
    fields: check.fields?.(info, isReasoning(deployment, info, upstreamModel)),
  };
}

/** Reasoning models refuse `max_tokens`. */
function chatFields(info: Info, isReasoningModel: boolean): Readonly<Record<string, unknown>> {
  const limit = isReasoningModel ? 'max_completion_tokens' : 'max_tokens';
  return { messages: [{ role: 'user', content: QUESTION }], [limit]: maxTokens(info) };
}

function isReasoning({ provider }: Deployment, info: Info, upstreamModel: string): boolean {
  const known = lookupModel(upstreamModel, provider)?.capabilities.has('reasoning') ?? false;
  return known || info['supports_reasoning'] === true;
}

function maxTokens(info: Info): number {
  const own = info['health_check_max_tokens'];
  return typeof own === 'number' ? own : MAX_TOKENS;
}

/** `health_check_model`, the deployment's own model, or of a wildcard's the cheapest that is for the same thing. */
function modelToCheck(deployment: Deployment, info: Info, mode: string): string | undefined {
  const { provider, upstreamModel, group } = deployment;
  const own = info['health_check_model'];
  if (typeof own === 'string') return own.startsWith(`${provider}/`) ? own.slice(provider.length + 1) : own;
  if (!upstreamModel.includes('*')) return upstreamModel;
  const known = wildcardModels({ pattern: group, provider, upstreamModel }).filter(({ facts }) => facts?.mode === mode);
  const price = ({ facts }: (typeof known)[number]): number => facts?.inputCostPerToken ?? Number.POSITIVE_INFINITY;
  return known.toSorted((a, b) => price(a) - price(b))[0]?.upstreamModel;
}
