// All that the config says about the body of a call to one model at one endpoint, worked out once: what is set, cut,
// refused and renamed. Separate from applying them (body-editor.ts) because this is slow and that must not be.
import type { BodyEdits } from '../wire/body-types.ts';
import type { Endpoint } from '../wire/endpoint.ts';
import { CALLER_FIELDS } from './caller-credentials.ts';
import {
  GATEWAY_ONLY_FIELDS,
  isDefaultParameter,
  OPENAI_CHAT_PARAMS,
  SHARED_WITH_RESPONSES,
} from './gateway-fields.ts';
import { canStopReasoning, quirksOf, type ModelQuirks } from './model-quirks.ts';
import type { TargetPlan } from './target-plan.ts';
import type { DeploymentSpec } from './types.ts';

/** What a client's body may hold that changes more than a value: the ordinary way of editing is not enough. */
const CALL_FIELDS: readonly string[] = [
  ...CALLER_FIELDS,
  'extra_headers',
  'headers',
  'extra_body',
  'extra_query',
  'drop_params',
  'additional_drop_params',
  'allowed_openai_params',
  'stream_options',
];

export interface CallRules {
  readonly provider: string;
  readonly model: string;
  /** Where the call goes: not always where it was asked for (text completions of a chat-only vendor). */
  readonly endpoint: Endpoint;
  readonly asked: Endpoint;
  /** Edits of an ordinary body. */
  readonly plain: BodyEdits;
  readonly streamed: BodyEdits;
  /** No body is ordinary: there is always something to fill in or to bridge. */
  readonly fillsIn: boolean;
  /** Members that make a body not ordinary. */
  readonly special: ReadonlySet<string>;
  /** Deployment parameters as JSON text, for members that the body lacks. */
  readonly defaults: ReadonlyMap<string, string>;
  /** Put before the request's own. */
  readonly tools: readonly unknown[];
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** OpenAI parameters that cannot be served; a request with one is refused unless it may be dropped. */
  readonly refuses: ReadonlySet<string>;
  readonly mayDrop: boolean;
  readonly fixesTemperature: boolean;
  readonly canStopReasoning: boolean;
  /** Paths below the top level, such as `tools[*].function.strict`. */
  readonly nestedDrops: readonly string[];
  /** Old member name to new. */
  readonly renames: ReadonlyMap<string, string>;
  readonly requiredToolChoice: string | undefined;
  readonly refusesNull: boolean;
  readonly streamsUsage: boolean;
  readonly rewritesDeveloper: boolean;
}

export interface RuleSource {
  readonly plan: TargetPlan;
  readonly spec: DeploymentSpec;
}

const STREAM_USAGE = '{"include_usage":true}';

/** Endpoints whose streams can carry usage. */
const USAGE_STREAMS: ReadonlySet<Endpoint> = new Set(['chat', 'completions']);

/** Where a call goes, and what was asked for. */
export interface CallPlace {
  readonly endpoint: Endpoint;
  readonly asked: Endpoint;
}

export function compileCallRules(source: RuleSource, model: string, place: CallPlace): CallRules {
  const { spec, plan } = source;
  const { dialect } = plan;
  const { endpoint } = place;
  const quirks = modelQuirks(spec, model, endpoint);
  const refuses = refusedParams([...(dialect.refuses ?? []), ...quirks.refuses], spec, endpoint);
  const drops = stringsOf(spec.params['additional_drop_params']);
  const streamsUsage = USAGE_STREAMS.has(endpoint) && dialect.streamsUsage !== false;
  const rules = {
    provider: spec.provider,
    model,
    ...place,
    defaults: defaultsOf(source, endpoint, new Set(drops)),
    tools: endpoint === 'chat' || endpoint === 'responses' ? listOf(spec.params['tools']) : [],
    extraBody: recordOf(spec.params['extra_body']),
    refuses,
    mayDrop: spec.dropParams,
    fixesTemperature: quirks.fixesTemperature,
    canStopReasoning: canStopReasoning(model),
    nestedDrops: drops.filter(isNested),
    renames: renamesOf(plan, quirks, endpoint),
    requiredToolChoice: dialect.requiredToolChoice,
    refusesNull: dialect.refusesNull === true,
    streamsUsage,
    rewritesDeveloper: endpoint === 'chat' && dialect.knowsDeveloperRole !== true && !quirks.knowsDeveloperRole,
  };
  const edits = ordinaryEdits(source, rules, drops);
  return { ...rules, ...edits, fillsIn: fillsIn(rules), special: specialMembers(rules) };
}

type RuleBase = Omit<CallRules, 'plain' | 'streamed' | 'fillsIn' | 'special'>;

/** What is done to a body that has nothing special. */
function ordinaryEdits({ plan, spec }: RuleSource, rules: RuleBase, drops: readonly string[]) {
  const dropped = [
    ...drops.filter((path) => !isNested(path)),
    ...(spec.dropParams && !rules.canStopReasoning ? rules.refuses : []),
  ];
  const remove = new Set([...GATEWAY_ONLY_FIELDS, ...dropped]);
  if (rules.endpoint === 'responses') remove.delete('metadata');
  const set = new Map([['model', JSON.stringify(wireModel(plan, rules.model))]]);
  const withUsage = rules.streamsUsage ? new Map([...set, ['stream_options', STREAM_USAGE]]) : set;
  return { plain: { set, remove: new Set([...remove, 'stream']) }, streamed: { set: withUsage, remove } };
}

function fillsIn({ defaults, tools, extraBody, asked, endpoint }: RuleBase): boolean {
  return defaults.size > 0 || tools.length > 0 || Object.keys(extraBody).length > 0 || asked !== endpoint;
}

function specialMembers(rules: RuleBase): ReadonlySet<string> {
  const refuses = rules.mayDrop && !rules.canStopReasoning ? [] : rules.refuses;
  const special = new Set<string>([
    ...CALL_FIELDS,
    ...refuses,
    ...rules.renames.keys(),
    ...rules.nestedDrops.map(rootOf),
  ]);
  if (rules.fixesTemperature) special.add('temperature');
  if (rules.endpoint === 'responses') special.add('metadata');
  if (rules.requiredToolChoice !== undefined) special.add('tool_choice');
  if (rules.refusesNull) for (const key of OPENAI_CHAT_PARAMS) special.add(key);
  return special;
}

function modelQuirks(spec: DeploymentSpec, model: string, endpoint: Endpoint): ModelQuirks {
  if (spec.provider === 'openai') return quirksOf(model, endpoint);
  const none = quirksOf('', 'moderations');
  if (spec.provider !== 'azure' || endpoint !== 'chat') return none;
  // A deployment's name says nothing of the model, unless the config does.
  const base = spec.modelInfo['base_model'] ?? spec.params['base_model'] ?? model;
  const quirks = quirksOf(typeof base === 'string' ? base.replace(/^azure\//, '') : model, endpoint);
  return quirks.fixesTemperature ? quirks : none;
}

/** What stands in the body's `model`. */
export function wireModel(plan: TargetPlan, model: string): string {
  const name = plan.modelName?.(model) ?? model;
  const prefix = plan.dialect.modelPrefix;
  return prefix === undefined || name.startsWith(prefix) || name.startsWith('accounts/') ? name : prefix + name;
}

function refusedParams(names: readonly string[], spec: DeploymentSpec, endpoint: Endpoint): ReadonlySet<string> {
  if (endpoint !== 'chat' && endpoint !== 'completions' && endpoint !== 'embeddings') return new Set();
  const allowed = new Set(stringsOf(spec.params['allowed_openai_params']));
  return new Set(names.filter((name) => !allowed.has(name)));
}

function renamesOf({ dialect }: TargetPlan, quirks: ModelQuirks, endpoint: Endpoint): ReadonlyMap<string, string> {
  const renames = new Map(endpoint === 'chat' ? Object.entries(dialect.renames ?? {}) : []);
  if (endpoint === 'chat' && quirks.wantsMaxCompletionTokens) renames.set('max_tokens', 'max_completion_tokens');
  else if (endpoint === 'completions' || (endpoint === 'chat' && dialect.knowsMaxCompletionTokens !== true)) {
    renames.set('max_completion_tokens', 'max_tokens');
  }
  return renames;
}

/** Deployment parameters that belong into the body of this endpoint. Null is no parameter. */
function defaultsOf(
  { plan, spec }: RuleSource,
  endpoint: Endpoint,
  drops: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const defaults = new Map<string, string>();
  for (const [key, value] of Object.entries({ ...plan.dialect.defaults, ...spec.params })) {
    if (value === null || value === undefined || !isDefaultParameter(key) || drops.has(key)) continue;
    if (fitsEndpoint(key, endpoint)) defaults.set(key, JSON.stringify(value));
  }
  return defaults;
}

function fitsEndpoint(key: string, endpoint: Endpoint): boolean {
  if (!OPENAI_CHAT_PARAMS.has(key)) return true;
  if (endpoint === 'chat' || endpoint === 'completions') return true;
  return endpoint === 'responses' ? SHARED_WITH_RESPONSES.has(key) : key === 'user';
}

export function isNested(path: string): boolean {
  return /[.[]/.test(path);
}

export function rootOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

export function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
