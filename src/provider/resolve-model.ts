// Which provider a model string names. The order of the rules is LiteLLM 1.106's: an entry that resolves there must
// resolve here, to the same provider and the same upstream name, and one that does not must not.
import { PROVIDER_BY_HOST, providerNames } from './known-providers.ts';
import { lookupModel, type ModelFacts } from './model-table.ts';
import { VENDOR_TABLE } from './vendor-table.ts';

export interface ResolvedModel {
  /** As LiteLLM spells it. */
  readonly provider: string;
  /** What the provider calls the model; may hold slashes. */
  readonly upstreamModel: string;
}

export interface UnknownProvider {
  readonly kind: 'unknown';
  /** LiteLLM's words, ready for a client. */
  readonly message: string;
}

export interface ModelHints {
  /** `custom_llm_provider`. */
  readonly customProvider?: string | undefined;
  readonly apiBase?: string | undefined;
}

const OWN_FOLDERS = ['azure', 'azure_text', 'azure_ai', 'huggingface', 'vertex_ai', 'cloudflare'];
const KNOWN = providerNames([...OWN_FOLDERS, ...VENDOR_TABLE.map((row) => row.provider)]);

const REPLICATE_VERSION = /^[^/]+(\/[^/]+)?:[0-9a-f]{64}$/;
const FINE_TUNED_CHAT = /ft:gpt-(3\.5-turbo|4)/;

/** Provider and upstream name of `litellm_params.model` (LiteLLM 1.6, 1.106 corrections 1.6a and 1.6b). */
export function resolveModel(model: string, hints: ModelHints = {}): ResolvedModel | UnknownProvider {
  const { customProvider, apiBase } = hints;
  const segment = firstSegment(model);
  if (customProvider !== undefined && customProvider !== '' && segment !== customProvider) {
    return KNOWN.has(customProvider) ? { provider: customProvider, upstreamModel: model } : unknown(model);
  }
  if (segment === 'azure' && isCatalogModel(model.slice('azure/'.length)))
    return { provider: 'openai', upstreamModel: model };
  if (segment !== undefined && KNOWN.has(segment)) {
    return { provider: segment, upstreamModel: model.slice(segment.length + 1) };
  }
  const provider = providerOfBase(apiBase) ?? providerOfBareName(model);
  return provider === undefined ? unknown(model) : { provider, upstreamModel: model };
}

function firstSegment(model: string): string | undefined {
  const slash = model.indexOf('/');
  return slash > 0 ? model.slice(0, slash) : undefined;
}

/** The old Azure AI Studio case: a Mistral or Cohere chat model behind `azure/` is no Azure OpenAI deployment. */
function isCatalogModel(name: string): boolean {
  return chatModelOf(name, 'mistral') || chatModelOf(name, 'cohere');
}

function chatModelOf(name: string, provider: string): boolean {
  const facts = lookupModel(name, provider);
  return facts !== undefined && (facts.mode === 'chat' || facts.mode === undefined);
}

function providerOfBase(apiBase: string | undefined): string | undefined {
  if (apiBase === undefined) return undefined;
  return PROVIDER_BY_HOST.find(([fragment]) => apiBase.includes(fragment))?.[1];
}

/** The price table names the provider of a bare name; it has no row for fine-tuned models, versions and `*`. */
function providerOfBareName(model: string): string | undefined {
  if (model === '*' || FINE_TUNED_CHAT.test(model)) return 'openai';
  if (REPLICATE_VERSION.test(model)) return 'replicate';
  const facts = lookupModel(model);
  return facts !== undefined && facts.key === model ? listedProvider(facts) : undefined;
}

function listedProvider({ provider }: ModelFacts): string | undefined {
  const name = provider === 'cohere_chat' ? 'cohere' : provider;
  return KNOWN.has(name) ? name : undefined;
}

function unknown(model: string): UnknownProvider {
  const message =
    'LLM Provider NOT provided. Pass in the LLM provider you are trying to call. ' +
    `You passed model=${model}. Write provider/model, for example openai/${model}.`;
  return { kind: 'unknown', message };
}
