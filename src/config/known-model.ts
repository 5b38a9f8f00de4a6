// What is known about a deployment's model: what the listings show of it (golden a15: `key`, `litellm_provider`, the
// window, prices, capabilities) and what routing takes from it.
import type { PlainValue } from './config-node.ts';
import type { ModelEntry } from './model-entries.ts';
import { textIn } from './read-value.ts';
import { lookupModel } from '../provider/model-table.ts';
import type { ModelFacts } from '../provider/model-table.ts';
import type { DeploymentSpec } from '../provider/types.ts';

export interface ModelKnowledge {
  readonly routing: ModelFacts | undefined;
  readonly shown: Readonly<Record<string, PlainValue>>;
}

/** 1.106 says `chat` for every huggingface model, known or not. */
const MODE_OF_PROVIDER: Readonly<Record<string, string>> = { huggingface: 'chat' };

/** `base_model` names the model behind an opaque deployment; else it is the deployment's own model. */
export function readKnownModel({ params, info }: ModelEntry, spec: DeploymentSpec): ModelKnowledge {
  const base = textIn(info, 'base_model') ?? textIn(params, 'base_model');
  const facts =
    lookupModel(base ?? spec.upstreamModel, spec.provider) ?? (base === undefined ? undefined : lookupModel(base));
  const key = facts?.key ?? base ?? textIn(params, 'model') ?? '';
  const unknown = { key, litellm_provider: spec.provider, mode: MODE_OF_PROVIDER[spec.provider] };
  return { routing: facts, shown: withoutUndefined(facts === undefined ? unknown : shownFacts(facts)) };
}

function shownFacts(facts: ModelFacts): Record<string, PlainValue | undefined> {
  const capabilities = [...facts.capabilities].map((capability) => [`supports_${capability}`, true] as const);
  return {
    key: facts.key,
    max_tokens: facts.maxTokens,
    max_input_tokens: facts.maxInputTokens,
    max_output_tokens: facts.maxOutputTokens,
    input_cost_per_token: facts.inputCostPerToken,
    output_cost_per_token: facts.outputCostPerToken,
    cache_read_input_token_cost: facts.cacheReadCostPerToken,
    cache_creation_input_token_cost: facts.cacheWriteCostPerToken,
    litellm_provider: facts.provider,
    mode: facts.mode,
    ...Object.fromEntries(capabilities),
  };
}

function withoutUndefined(record: Readonly<Record<string, PlainValue | undefined>>): Record<string, PlainValue> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
