// Reads `router_settings_override`: how one request wants to be routed. Its strategy, weights and names are read here;
// what fills other fields of the request (retries, times, fallbacks) is read by the readers of those fields. Keys that
// mean nothing for one request are passed over, so that a whole `router_settings` may be sent; a value that cannot be
// followed is a refusal, because nobody would see a warning.
import { MOST_SAMPLES } from '../core/fleet/row.ts';
import type { RequestRouting } from '../core/request-intent.ts';
import { STRATEGY_NAMES, type StrategyArgs, type StrategyName } from '../core/routing-table.ts';

/** The client sent a value that cannot be read; `param` names it. */
export interface IntentProblem {
  readonly kind: 'problem';
  readonly param: string;
  readonly message: string;
}

export const OVERRIDE_FIELD = 'router_settings_override';

/** Its keys that fill a field of the same name in the body, where the body has none. */
export const FILLING_FIELDS: readonly string[] = [
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'num_retries',
  'timeout',
];

type Draft = { -readonly [Key in keyof RequestRouting]: RequestRouting[Key] };
type FieldReader = (draft: Draft, value: unknown, param: string) => IntentProblem | undefined;

/** One row for each key that is not null; what else a request may override gets a row here. */
const FIELDS: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['routing_strategy', readStrategy],
  ['routing_strategy_args', readArgs],
  ['weights', readWeights],
  ['model_group_alias', readAliases],
  ['enable_tag_filtering', (draft, value) => void (draft.enableTagFiltering = value === true)],
]);

export function readRouting(settings: Readonly<Record<string, unknown>>): RequestRouting | IntentProblem {
  const draft: Draft = {
    strategy: undefined,
    strategyArgs: {},
    weights: undefined,
    aliases: undefined,
    enableTagFiltering: false,
  };
  for (const [key, read] of FIELDS) {
    const value = settings[key];
    if (value === undefined || value === null) continue;
    const refused = read(draft, value, `${OVERRIDE_FIELD}.${key}`);
    if (refused !== undefined) return refused;
  }
  return draft;
}

function problem(param: string, text: string): IntentProblem {
  return { kind: 'problem', param, message: `'${param}' ${text}.` };
}

function readStrategy(draft: Draft, value: unknown, param: string): IntentProblem | undefined {
  draft.strategy = STRATEGY_NAMES.find((name: StrategyName) => name === value);
  return draft.strategy === undefined ? problem(param, `must be one of ${STRATEGY_NAMES.join(', ')}`) : undefined;
}

/** LiteLLM's names, what each may be, and what it is here. */
const ARGS: readonly {
  readonly key: string;
  readonly isValid: (value: number) => boolean;
  readonly rule: string;
  readonly read: (value: number) => Partial<StrategyArgs>;
}[] = [
  {
    key: 'ttl',
    isValid: (value) => value >= 0,
    rule: 'must be seconds, 0 or more',
    read: (value) => ({ ttlMs: value * 1_000 }),
  },
  {
    key: 'lowest_latency_buffer',
    isValid: (value) => value >= 0,
    rule: 'must be a number, 0 or more',
    read: (value) => ({ lowestLatencyBuffer: value }),
  },
  {
    key: 'max_latency_list_size',
    isValid: (value) => Number.isInteger(value) && value >= 1,
    rule: 'must be a whole number, 1 or more',
    read: (value) => ({ maxLatencyListSize: Math.min(MOST_SAMPLES, value) }),
  },
  {
    key: 'ttft_percentile',
    isValid: (value) => value > 0 && value <= 1,
    rule: 'must be above 0 and at most 1',
    read: (value) => ({ ttftPercentile: value }),
  },
];

function readArgs(draft: Draft, value: unknown, param: string): IntentProblem | undefined {
  if (!isRecord(value)) return problem(param, 'must be a map');
  for (const { key, isValid, rule, read } of ARGS) {
    const arg = value[key];
    if (arg === undefined || arg === null) continue;
    if (typeof arg !== 'number' || !isValid(arg)) return problem(`${param}.${key}`, rule);
    draft.strategyArgs = { ...draft.strategyArgs, ...read(arg) };
  }
  return undefined;
}

/** `{group: {deployment id: number}}`; each group needs a weight above 0 (1.106), or nobody could serve it. */
function readWeights(draft: Draft, value: unknown, param: string): IntentProblem | undefined {
  if (!isRecord(value)) return problem(param, 'must be a map from model groups to the weights of their deployments');
  const byGroup = new Map<string, ReadonlyMap<string, number>>();
  for (const [group, weights] of Object.entries(value)) {
    const read = weightsOf(weights);
    if (read === undefined) {
      return problem(`${param}.${group}`, 'must map deployment ids to numbers from 0, one of them above 0');
    }
    byGroup.set(group, read);
  }
  draft.weights = byGroup;
  return undefined;
}

function weightsOf(value: unknown): ReadonlyMap<string, number> | undefined {
  if (!isRecord(value)) return undefined;
  const weights = new Map<string, number>();
  let total = 0;
  for (const [id, weight] of Object.entries(value)) {
    if (typeof weight !== 'number' || !(weight >= 0)) return undefined;
    weights.set(id, weight);
    total += weight;
  }
  return total > 0 && Number.isFinite(total) ? weights : undefined;
}

/** Both forms of the config: a name, or `{model, hidden}`. */
function readAliases(draft: Draft, value: unknown, param: string): IntentProblem | undefined {
  if (!isRecord(value)) return problem(param, 'must be a map from names to models');
  const aliases = new Map<string, string>();
  for (const [name, target] of Object.entries(value)) {
    const model = isRecord(target) ? target['model'] : target;
    if (typeof model !== 'string' || model === '') return problem(`${param}.${name}`, 'must name a model');
    aliases.set(name, model);
  }
  draft.aliases = aliases;
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
