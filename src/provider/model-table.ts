// What is known about public models: window, prices, mode, capabilities. The data is model-table.tsv, written by
// scripts/build-model-table.ts; it is read when the first question comes, so that a command that asks none pays nothing.
import { readFileSync } from 'node:fs';

export type ModelCapability =
  | 'function_calling'
  | 'parallel_function_calling'
  | 'tool_choice'
  | 'vision'
  | 'response_schema'
  | 'reasoning'
  | 'prompt_caching'
  | 'assistant_prefill'
  | 'system_messages'
  | 'web_search'
  | 'pdf_input'
  | 'audio_input'
  | 'audio_output';

/** One model. `undefined` is unknown, not zero. */
export interface ModelFacts {
  /** The name it is listed under, provider prefix included where LiteLLM has one: `azure/gpt-4o`, `gpt-4o`. */
  readonly key: string;
  /** Provider as LiteLLM spells it in model strings: `vertex_ai`, not `vertex_ai-language-models`. */
  readonly provider: string;
  /** `chat`, `completion`, `embedding`, `responses`, `image_generation`, ... */
  readonly mode: string | undefined;
  readonly maxInputTokens: number | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly maxTokens: number | undefined;
  /** US dollars per token, as are the three below. */
  readonly inputCostPerToken: number | undefined;
  readonly outputCostPerToken: number | undefined;
  readonly cacheReadCostPerToken: number | undefined;
  readonly cacheWriteCostPerToken: number | undefined;
  readonly capabilities: ReadonlySet<ModelCapability>;
}

/** Letters of the `flags` column. */
const CAPABILITIES: Readonly<Record<string, ModelCapability>> = {
  f: 'function_calling',
  l: 'parallel_function_calling',
  t: 'tool_choice',
  v: 'vision',
  j: 'response_schema',
  r: 'reasoning',
  c: 'prompt_caching',
  p: 'assistant_prefill',
  s: 'system_messages',
  w: 'web_search',
  d: 'pdf_input',
  a: 'audio_input',
  A: 'audio_output',
};

/** Providers that the table splits up and model strings do not. */
const PROVIDER_FAMILIES = /^(vertex_ai|fireworks_ai)-.*$/;

class ModelTable {
  #rows: ReadonlyMap<string, string> | undefined;

  facts(name: string): ModelFacts | undefined {
    const row = this.#read().get(name);
    return row === undefined ? undefined : parseRow(name, row);
  }

  namesOf(provider: string): readonly string[] {
    const names: string[] = [];
    for (const [name, row] of this.#read()) {
      if (providerName(row.slice(0, row.indexOf('\t'))) === provider) names.push(name);
    }
    return names;
  }

  #read(): ReadonlyMap<string, string> {
    if (this.#rows !== undefined) return this.#rows;
    const rows = new Map<string, string>();
    for (const line of readFileSync(new URL('./model-table.tsv', import.meta.url), 'utf8').split('\n')) {
      const end = line.indexOf('\t');
      if (end > 0 && !line.startsWith('#')) rows.set(line.slice(0, end), line.slice(end + 1));
    }
    this.#rows = rows;
    return rows;
  }
}

const TABLE = new ModelTable();

/**
 * Facts about a model string (`gpt-4o`, `openai/gpt-4o`) or about an upstream name of a provider. As in LiteLLM the
 * prefixed name is looked up first, and the bare name counts only when it is that provider's.
 */
export function lookupModel(name: string, provider?: string): ModelFacts | undefined {
  if (provider !== undefined) return TABLE.facts(`${provider}/${name}`) ?? factsOf(name, provider);
  const slash = name.indexOf('/');
  return TABLE.facts(name) ?? (slash < 0 ? undefined : factsOf(name.slice(slash + 1), name.slice(0, slash)));
}

/** Every listed name of a provider, prefixed or bare as listed, in alphabetical order. */
export function modelNamesOf(provider: string): readonly string[] {
  return TABLE.namesOf(provider);
}

function factsOf(name: string, provider: string): ModelFacts | undefined {
  const facts = TABLE.facts(name);
  return facts !== undefined && isSameProvider(facts.provider, provider) ? facts : undefined;
}

function isSameProvider(listed: string, provider: string): boolean {
  return listed === provider || (PROVIDER_OF_PREFIX[provider] ?? provider) === listed;
}

/** Prefixes that are another door to the same models. */
const PROVIDER_OF_PREFIX: Readonly<Record<string, string>> = {
  custom_openai: 'openai',
  'text-completion-openai': 'openai',
  cohere: 'cohere_chat',
};

function providerName(listed: string): string {
  if (listed === 'bedrock_converse') return 'bedrock';
  return listed.replace(PROVIDER_FAMILIES, '$1');
}

function parseRow(key: string, row: string): ModelFacts {
  const cells = row.split('\t');
  const [provider = '', mode = '', maxInput, maxOutput, max, input, output, cacheRead, cacheWrite, flags = ''] = cells;
  return {
    key,
    provider: providerName(provider),
    mode: mode === '' ? undefined : mode,
    maxInputTokens: count(maxInput),
    maxOutputTokens: count(maxOutput),
    maxTokens: count(max === '=' ? maxOutput : max),
    inputCostPerToken: perToken(input),
    outputCostPerToken: perToken(output),
    cacheReadCostPerToken: perToken(cacheRead),
    cacheWriteCostPerToken: perToken(cacheWrite),
    capabilities: capabilitiesOf(flags),
  };
}

function count(cell: string | undefined): number | undefined {
  return cell === undefined || cell === '' ? undefined : Number(cell);
}

/** Dollars per million to dollars per token by the decimal exponent: a division would not give the listed digits. */
function perToken(cell: string | undefined): number | undefined {
  if (cell === undefined || cell === '') return undefined;
  return cell.includes('e') ? Number(cell) / 1e6 : Number(`${cell}e-6`);
}

function capabilitiesOf(flags: string): ReadonlySet<ModelCapability> {
  const capabilities = new Set<ModelCapability>();
  for (const flag of flags) {
    const capability = CAPABILITIES[flag];
    if (capability !== undefined) capabilities.add(capability);
  }
  return capabilities;
}
