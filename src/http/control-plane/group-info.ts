// The body of `/model_group/info`: one item a name, with the best of its deployments (golden b05; 1.106 10.2f). Pure.
import type { GatewayConfig } from '../../config/types.ts';
import type { ModelCapability, ModelFacts } from '../../provider/model-table.ts';
import { largest, membersOf, providersOf, sum, type GroupMember } from './group-facts.ts';
import { listedModels, type ListedModel } from './listed-models.ts';
import { supportedParams } from './supported-params.ts';

/** Capabilities that are always shown, true or false. */
const SHOWN_CAPABILITIES = [
  'parallel_function_calling',
  'vision',
  'web_search',
  'url_context',
  'reasoning',
  'function_calling',
  'fast_mode',
] as const;

/** Fields that need a database or a price by the pixel, neither of which there is. */
const UNKNOWN = {
  input_cost_per_pixel: null,
  supported_reasoning_efforts: null,
  configurable_clientside_auth_params: null,
  is_public_model_group: false,
  health_status: null,
  health_response_time: null,
  health_checked_at: null,
} as const;

/** Every listed name, or only `model`; an unknown name gives an empty list, as in 1.106. */
export function groupInfo(config: GatewayConfig, model: string | undefined): Readonly<Record<string, unknown>>[] {
  const listed = listedModels(config);
  const wanted = model === undefined ? listed : listed.filter(({ id }) => id === model);
  return wanted.map((one) => infoOf(config, one));
}

function infoOf(config: GatewayConfig, model: ListedModel): Readonly<Record<string, unknown>> {
  const members = membersOf(config, model.group);
  const known = model.kind === 'expanded' ? factsShown(model.facts) : memberFacts(members);
  return {
    model_group: model.id,
    providers: providersOf(members),
    ...known,
    tpm: sum(members, ({ limits }) => limits.tpm) ?? null,
    rpm: sum(members, ({ limits }) => limits.rpm) ?? null,
    itpm: sum(members, ({ limits }) => limits.itpm) ?? null,
    otpm: sum(members, ({ limits }) => limits.otpm) ?? null,
    supported_openai_params: supportedParams(members[0]?.deployment.provider ?? ''),
    ...UNKNOWN,
  };
}

/** `mode` is the first deployment's, known or not (golden b05). */
function memberFacts(members: readonly GroupMember[]): Readonly<Record<string, unknown>> {
  return {
    max_input_tokens: largest(members, 'max_input_tokens') ?? null,
    max_output_tokens: largest(members, 'max_output_tokens') ?? null,
    input_cost_per_token: largest(members, 'input_cost_per_token') ?? null,
    output_cost_per_token: largest(members, 'output_cost_per_token') ?? null,
    mode: members[0]?.info['mode'] ?? null,
    ...capabilities((name) => members.some(({ info }) => info[`supports_${name}`] === true)),
  };
}

function factsShown(facts: ModelFacts | undefined): Readonly<Record<string, unknown>> {
  return {
    max_input_tokens: facts?.maxInputTokens ?? null,
    max_output_tokens: facts?.maxOutputTokens ?? null,
    input_cost_per_token: facts?.inputCostPerToken ?? null,
    output_cost_per_token: facts?.outputCostPerToken ?? null,
    mode: facts?.mode ?? null,
    ...capabilities((name) => facts?.capabilities.has(name as ModelCapability) ?? false),
  };
}

function capabilities(has: (name: string) => boolean): Readonly<Record<string, boolean>> {
  return Object.fromEntries(SHOWN_CAPABILITIES.map((name) => [`supports_${name}`, has(name)]));
}
