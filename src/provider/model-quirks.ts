// What single models refuse, whoever serves them: OpenAI's reasoning models take no sampling parameters, and name the
// output limit differently. Separate from the vendor table because it goes by model, not by vendor (LiteLLM 1.106,
// golden a38, a50, a59, g56).
import type { Endpoint } from '../wire/endpoint.ts';
import { lookupModel } from './model-table.ts';

export interface ModelQuirks {
  readonly refuses: readonly string[];
  /** Only temperature 1, unless reasoning is switched off. */
  readonly fixesTemperature: boolean;
  /** `max_tokens` must be called `max_completion_tokens`. */
  readonly wantsMaxCompletionTokens: boolean;
  readonly knowsDeveloperRole: boolean;
}

const NONE: ModelQuirks = {
  refuses: [],
  fixesTemperature: false,
  wantsMaxCompletionTokens: false,
  knowsDeveloperRole: false,
};

const SAMPLING = ['top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs'];
const GPT_5_REFUSES = [...SAMPLING, 'stop', 'logit_bias', 'modalities', 'prediction', 'audio', 'web_search_options'];

/** The two oldest names: no `response_format`. */
const WITHOUT_RESPONSE_FORMAT: ReadonlySet<string> = new Set(['gpt-4', 'gpt-3.5-turbo-16k']);

/**
 * Quirks of an OpenAI model, at OpenAI or on Azure. A name that the model table does not have is taken to accept
 * everything, since it may be any server's: golden a34 against a59, and o1-mini in a50.
 */
export function quirksOf(model: string, endpoint: Endpoint): ModelQuirks {
  if (endpoint === 'embeddings')
    return model.includes('text-embedding-3') ? NONE : { ...NONE, refuses: ['dimensions'] };
  if (endpoint !== 'chat') return NONE;
  if (isGpt5(model)) return { ...NONE, refuses: GPT_5_REFUSES, fixesTemperature: true, wantsMaxCompletionTokens: true };
  const facts = lookupModel(model, 'openai');
  if (facts === undefined) return NONE;
  if (/^o\d/.test(model)) {
    return { refuses: SAMPLING, fixesTemperature: true, wantsMaxCompletionTokens: true, knowsDeveloperRole: true };
  }
  const refuses = facts.capabilities.has('reasoning') ? [] : ['reasoning_effort'];
  return { ...NONE, refuses: WITHOUT_RESPONSE_FORMAT.has(model) ? [...refuses, 'response_format'] : refuses };
}

/** The chat variants of the family are ordinary models. */
function isGpt5(model: string): boolean {
  return model.includes('gpt-5') && !/gpt-5[^/]*-chat/.test(model);
}

/** Models of this family from 5.1 on can be told not to reason, and then take sampling parameters. */
export function canStopReasoning(model: string): boolean {
  return /gpt-5\.[1-9]/.test(model);
}
