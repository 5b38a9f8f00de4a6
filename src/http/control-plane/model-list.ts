// The bodies of `/v1/models` and `/v1/models/{id}`, as OpenAI's clients read them, with LiteLLM 1.106's additions
// (golden b01, b02; 1.106 10.2a, 10.2b). Pure: a config in, JSON out.
import type { GatewayConfig } from '../../config/types.ts';
import { fallbackTargets } from '../../core/fallback.ts';
import type { FailureCause } from '../../core/outcome.ts';
import { lookupModel } from '../../provider/model-table.ts';
import { firstText, largest, membersOf } from './group-facts.ts';
import { listedModels, type ListedModel } from './listed-models.ts';

/** `created` of every model: LiteLLM has no better date either, and clients only need a number. */
const CREATED_S = 1_677_610_602;
/** What 1.106 says in lists whoever the provider is; a single model names the real one. */
const LIST_OWNER = 'openai';

export interface ModelItem {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
  readonly mode?: string;
  readonly max_input_tokens?: number;
  readonly max_output_tokens?: number;
  readonly metadata?: { readonly fallbacks: readonly string[] };
}

/** Values of `?fallback_type=`, and the failure whose fallbacks they show. */
const FALLBACK_CAUSES: ReadonlyMap<string, FailureCause> = new Map([
  ['general', 'server_error'],
  ['context_window', 'context_window'],
  ['content_policy', 'content_policy'],
]);

export const FALLBACK_TYPES: readonly string[] = [...FALLBACK_CAUSES.keys()];

export interface ModelListOptions {
  /** `?return_wildcard_routes=true` */
  readonly withPatterns: boolean;
  /** One of `FALLBACK_TYPES`: adds `metadata.fallbacks` of that kind; `undefined` = no metadata. */
  readonly fallbackType: string | undefined;
}

export function modelList(config: GatewayConfig, options: ModelListOptions): { data: ModelItem[]; object: 'list' } {
  const data = listedModels(config, options.withPatterns).map((model) => ({
    ...modelItem(config, model, LIST_OWNER),
    ...metadataOf(config, model, options.fallbackType),
  }));
  return { data, object: 'list' };
}

export type FoundModel =
  | { readonly kind: 'found'; readonly item: ModelItem }
  /** An alias: 1.106 lists it and then does not find it (golden a21, b02). */
  | { readonly kind: 'alias' | 'unknown' };

/** One model by the name of its group. */
export function findModel(config: GatewayConfig, id: string): FoundModel {
  const model = listedModels(config).find((listed) => listed.id === id);
  if (model === undefined) return { kind: 'unknown' };
  if (model.kind === 'alias') return { kind: 'alias' };
  const owner = membersOf(config, model.group)[0]?.deployment.provider ?? LIST_OWNER;
  return { kind: 'found', item: modelItem(config, model, owner) };
}

/** Facts of the deployments; where they know nothing, of the public model with the group's name. */
function modelItem(config: GatewayConfig, model: ListedModel, owner: string): ModelItem {
  const members = membersOf(config, model.group);
  const facts = model.kind === 'expanded' ? model.facts : lookupModel(model.group.name);
  const own = model.kind === 'expanded' ? [] : members;
  const mode = firstText(own, 'mode') ?? facts?.mode;
  const maxInput = largest(own, 'max_input_tokens') ?? facts?.maxInputTokens;
  const maxOutput = largest(own, 'max_output_tokens') ?? facts?.maxOutputTokens;
  return {
    id: model.id,
    object: 'model',
    created: CREATED_S,
    owned_by: owner,
    ...(mode === undefined ? {} : { mode }),
    ...(maxInput === undefined ? {} : { max_input_tokens: maxInput }),
    ...(maxOutput === undefined ? {} : { max_output_tokens: maxOutput }),
  };
}

function metadataOf(
  config: GatewayConfig,
  model: ListedModel,
  fallbackType: string | undefined,
): Pick<ModelItem, 'metadata'> {
  const cause = fallbackType === undefined ? undefined : FALLBACK_CAUSES.get(fallbackType);
  if (cause === undefined) return {};
  const targets = fallbackTargets({
    rules: config.table.settings.fallbacks,
    intent: {
      disableFallbacks: false,
      fallbacks: undefined,
      contextWindowFallbacks: undefined,
      contentPolicyFallbacks: undefined,
    },
    cause,
    names: [model.id, model.group.name],
  });
  return { metadata: { fallbacks: targets.map((target) => target.model) } };
}
