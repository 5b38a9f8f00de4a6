// Pins what is said about sixty broken configs: where (line and column), how bad, which key, what.
import { describe, expect, it } from 'vitest';
import { hasErrors } from './check-report.ts';
import { loadConfigText } from './load.ts';

/** A good entry, so that a row shows only its own mistake: lines 1 to 5. */
const MODELS = `model_list:
  - model_name: m
    litellm_params:
      model: openai/m
      api_key: k
`;
const ENV = { SECRET: 'sk-never-shown', LIMIT: 'many' };

interface Row {
  readonly name: string;
  readonly text: string;
  /** `line:column: severity: where: what`, all of them in order. */
  readonly says: readonly string[];
}

/** One bad line (or more) after the good entry: it is line 6. */
const after = (name: string, text: string, ...says: string[]): Row => ({ name, text: MODELS + text, says });
/** The whole text. */
const whole = (name: string, text: string, ...says: string[]): Row => ({ name, text, says });
/** A parameter of a deployment: it is line 6. */
const param = (name: string, text: string, ...says: string[]): Row => ({
  name,
  text: `${MODELS}      ${text}\n`,
  says,
});

const FILE_ROWS: readonly Row[] = [
  whole('an empty file', '', '1:1: error: file: is empty: a config needs at least a model_list'),
  whole('only comments', '# nothing\n', '1:1: error: file: is empty: a config needs at least a model_list'),
  whole('an empty map', '{}', '1:1: error: file: is empty: a config needs at least a model_list'),
  whole(
    'a list at the top',
    '- a\n',
    '1:1: error: file: is not a config: the top level must be a map with keys such as model_list',
  ),
  whole(
    'a text at the top',
    'hello',
    '1:1: error: file: is not a config: the top level must be a map with keys such as model_list',
  ),
  whole(
    'a tab as indentation',
    'model_list:\n  - model_name: m\n\tlitellm_params:\n',
    '3:1: error: YAML: a tab cannot indent YAML: use spaces',
  ),
  whole(
    'a second colon',
    'a: b: c\n',
    '1:4: error: YAML: a second `: ` on one line: put the value into quotes, or the map on its own lines',
  ),
  whole('an @ at the start', 'a: @b\n', '1:4: error: YAML: a value cannot start with @, ` or %: put it into quotes'),
  whole(
    'an open quote',
    'a: "b\n',
    '2:1: error: YAML: something is missing: a closing quote or bracket, a colon after a key, or a dash before a list item',
  ),
  whole(
    'two documents',
    'a: 1\n---\nb: 2\n',
    '2:1: error: YAML: the file holds several documents (`---`): a config is one',
  ),
  whole('an unknown anchor', 'a: *b\n', '1:4: error: a: nothing above is anchored as &b'),
  whole('an unknown tag', 'a: !b c\n', '1:7: error: a: the tag !b is not known here, or does not fit its value'),
  whole('an anchor inside itself', 'a: &a [*a]\n', '1:7: error: a[0]: this anchor contains itself'),
  whole('a merge of a text', 'a: {<<: b}\n', '1:9: error: a.<<: only a map or a list of maps can be merged with <<'),
  whole('a list as a key', '? [a]\n: 1\n', '1:3: error: YAML: a list or a map cannot be a key'),
];

const LIST_ROWS: readonly Row[] = [
  whole(
    'no model_list',
    'general_settings: {}\n',
    '1:1: warning: model_list: there are no models: every request will be refused',
  ),
  whole(
    'an empty model_list',
    'model_list: []\n',
    '1:13: warning: model_list: there are no models: every request will be refused',
  ),
  whole('model_list as a map', 'model_list: {a: b}\n', '1:13: error: model_list: must be a list, but this is a map'),
  whole(
    'an entry that is text',
    'model_list: [m]\n',
    '1:14: error: model_list[0]: must be a map with model_name and litellm_params',
  ),
  whole(
    'no model_name',
    'model_list:\n  - litellm_params: {model: openai/m, api_key: k}\n',
    '2:5: error: model_list[0]: model_name is missing: the name that clients ask for',
  ),
  whole(
    'no litellm_params',
    'model_list:\n  - model_name: m\n',
    '2:5: error: model_list[0]: litellm_params is missing: it says which model to call, and how',
  ),
  whole(
    'no model',
    'model_list:\n  - model_name: m\n    litellm_params: {api_key: k}\n',
    '3:21: error: model_list[0].litellm_params: model is missing: provider/name',
  ),
  whole(
    'litellm_params as text',
    'model_list:\n  - model_name: m\n    litellm_params: openai/m\n',
    '3:21: error: model_list[0].litellm_params: must be a map, but this is text',
  ),
  whole(
    'an empty model',
    'model_list:\n  - model_name: m\n    litellm_params:\n      model:\n',
    '4:7: warning: model_list[0].litellm_params.model: empty: put provider/model here; until then this deployment gets no traffic',
  ),
  whole(
    'an unknown provider',
    'model_list:\n  - model_name: m\n    litellm_params: {model: nosuchprovider/m, api_key: k}\n',
    '3:29: warning: model_list[0].litellm_params.model: no provider matches this model, the entry is left out: write provider/model, for example openai/<model>',
  ),
  param(
    'a limit in words',
    'rpm: six',
    '6:12: error: model_list[0].litellm_params.rpm: must be a number, 0 or more, but this is text',
  ),
  param(
    'a negative limit',
    'tpm: -5',
    '6:12: error: model_list[0].litellm_params.tpm: must be a number, 0 or more, but this is negative',
  ),
  param(
    'a limit from the environment that is no number',
    'rpm: os.environ/LIMIT',
    '6:12: error: model_list[0].litellm_params.rpm: must be a number, 0 or more, but what the environment variable LIMIT holds is text',
  ),
  param(
    'a weight as a list',
    'weight: [1]',
    '6:15: error: model_list[0].litellm_params.weight: must be a number, 0 or more, but this is a list',
  ),
  param(
    'a timeout in words',
    'timeout: 30 seconds',
    '6:16: error: model_list[0].litellm_params.timeout: must be a number of seconds, 0 or more, but this is text',
  ),
  param(
    'half a retry',
    'num_retries: 1.5',
    '6:20: error: model_list[0].litellm_params.num_retries: must be a whole number, 0 or more, but this is a fraction',
  ),
  param(
    'headers as a list',
    'extra_headers: [a]',
    '6:22: error: model_list[0].litellm_params.extra_headers: must be a map, but this is a list',
  ),
  param(
    'a map as a base',
    'api_base: {a: b}',
    '6:17: error: model_list[0].litellm_params.api_base: must be text, but this is a map',
  ),
  param(
    'an answer for drop_params',
    'drop_params: maybe',
    '6:20: error: model_list[0].litellm_params.drop_params: must be true or false, but this is text',
  ),
  param(
    'an organization map',
    'organization: {a: b}',
    '6:21: error: model_list[0].litellm_params.organization: must be a list of texts, but this is a map',
  ),
  param(
    'a misspelt parameter',
    'api_bsae: http://x',
    '6:7: warning: model_list[0].litellm_params.api_bsae: not a known parameter, it is sent to the provider as it is (did you mean "api_base"?)',
  ),
  param(
    'a limit of 0',
    'rpm: 0',
    '6:12: warning: model_list[0].litellm_params.rpm: 0 lets no request through: leave it out for no limit',
  ),
  param(
    'a key given twice',
    'api_key: k2',
    '6:7: warning: model_list[0].litellm_params.api_key: this key is there twice; the first, on line 5, is ignored',
  ),
  param(
    'a budget',
    'max_budget: 5',
    '6:7: warning: model_list[0].litellm_params.max_budget: this budget has no effect: it needs a period such as 1d, 12h, 30s or 1mo',
  ),
  param(
    'a placeholder',
    'api_base: <your-endpoint>',
    "6:7: warning: model_list[0].litellm_params.api_base: still a placeholder: put the provider's endpoint here; until then this deployment gets no traffic",
  ),
  param(
    'a template that was not filled in',
    'api_base: ${BASE}',
    "6:7: warning: model_list[0].litellm_params.api_base: ${...} is not read: write os.environ/NAME, or the provider's endpoint itself; until then this deployment gets no traffic",
  ),
  param(
    'a reference in a list',
    'tags: [os.environ/SECRET]',
    '6:14: warning: model_list[0].litellm_params.tags[0]: os.environ/ is not read in a list of texts: it stays as written',
  ),
];

const ROUTER_ROWS: readonly Row[] = [
  after(
    'an unknown strategy',
    'router_settings: {routing_strategy: leastbusy}\n',
    '6:37: error: router_settings.routing_strategy: unknown strategy (did you mean "least-busy"?); there are simple-shuffle, least-busy, usage-based-routing, usage-based-routing-v2, latency-based-routing, cost-based-routing',
  ),
  after(
    'a strategy that exists in LiteLLM alone',
    'router_settings: {routing_strategy: lar1}\n',
    '6:37: warning: router_settings.routing_strategy: not supported yet: lar1; simple-shuffle is used in its place',
  ),
  after(
    'a misspelt argument of the strategy',
    'router_settings: {routing_strategy_args: {lowest_latency_bufer: 0.1}}\n',
    '6:43: warning: router_settings.routing_strategy_args.lowest_latency_bufer: unknown key, it has no effect (did you mean "lowest_latency_buffer"?)',
  ),
  after(
    'arguments outside of their bounds',
    'router_settings: {routing_strategy_args: {max_latency_list_size: 500, ttft_percentile: 95}}\n',
    '6:66: warning: router_settings.routing_strategy_args.max_latency_list_size: at most 100 samples are kept for a deployment',
    '6:88: error: router_settings.routing_strategy_args.ttft_percentile: must be above 0 and at most 1: 0.95 for the 95th percentile',
  ),
  after(
    'a singular',
    'router_settings: {enable_pre_call_check: true}\n',
    '6:19: warning: router_settings.enable_pre_call_check: unknown key, it has no effect (did you mean "enable_pre_call_checks"?)',
  ),
  after(
    'a key of another section',
    'router_settings: {health_check_interval: 30}\n',
    '6:19: error: router_settings.health_check_interval: this key belongs in general_settings',
  ),
  after(
    'a misplaced key',
    'litellm_settings: {cooldown_time: 30}\n',
    '6:20: warning: litellm_settings.cooldown_time: this key has no effect here: it belongs in router_settings',
  ),
  after(
    'no cooldown by 0',
    'router_settings: {cooldown_time: 0}\n',
    '6:34: warning: router_settings.cooldown_time: 0 counts as not set, as in LiteLLM: to switch cooldowns off write disable_cooldowns: true',
  ),
  after(
    'settings as a list',
    'router_settings: [a]\n',
    '6:18: error: router_settings: must be a map, but this is a list',
  ),
  after(
    'Redis',
    'router_settings: {redis_url: "http://h"}\n',
    '6:30: error: router_settings.redis_url: must be a URL: redis://[[user]:password@]host[:port][/database], or rediss:// for TLS',
  ),
  after(
    'fallbacks as a map',
    'router_settings: {fallbacks: {m: [m]}}\n',
    '6:30: error: router_settings.fallbacks: must be a list, but this is a map',
  ),
  after(
    'fallbacks as texts',
    'litellm_settings: {fallbacks: [m]}\n',
    '6:32: error: litellm_settings.fallbacks[0]: must be a map from one group to its fallbacks: `- group: [other group]`',
  ),
  after(
    'two groups in one fallback',
    'router_settings: {fallbacks: [{m: [m], n: [m]}]}\n',
    '6:31: error: router_settings.fallbacks[0]: must have exactly one group, but has 2: give each its own list item',
  ),
  after(
    'fallbacks in a foreign form',
    'router_settings: {fallbacks: [{model_name: m, fallback_models: [m]}]}\n',
    '6:31: warning: router_settings.fallbacks[0]: has no effect: this form is not read; write `- group: [other group]`',
  ),
  after(
    'a fallback that leads nowhere',
    'router_settings: {fallbacks: [{m: [gone]}]}\n',
    '6:36: error: router_settings.fallbacks[0].m[0]: "gone" is not a model group, an alias or a deployment id',
  ),
  after(
    'a fallback that leads nowhere at first',
    'router_settings: {fallbacks: [{m: [gone, m]}]}\n',
    '6:36: warning: router_settings.fallbacks[0].m[0]: "gone" is not a model group, an alias or a deployment id: it is passed over',
  ),
  after(
    'a fallback from nowhere',
    'router_settings: {fallbacks: [{gone: [m]}]}\n',
    '6:32: warning: router_settings.fallbacks[0].gone: no model group has this name, so the rule never applies',
  ),
  after(
    'a default fallback that leads nowhere',
    'litellm_settings: {default_fallbacks: [gone]}\n',
    '6:40: error: litellm_settings.default_fallbacks[0]: "gone" is not a model group, an alias or a deployment id',
  ),
  after(
    'an alias that leads nowhere',
    'router_settings: {model_group_alias: {a: gone}}\n',
    '6:39: warning: router_settings.model_group_alias.a: leads to "gone", which nothing serves',
  ),
  after(
    'an alias without a model',
    'router_settings: {model_group_alias: {a: {hidden: true}}}\n',
    '6:39: warning: router_settings.model_group_alias.a: has no effect: the map needs the key model, the name of a group',
  ),
  after(
    'an alias for several groups',
    'router_settings: {model_group_alias: {a: [m, m]}}\n',
    '6:39: warning: router_settings.model_group_alias.a: has no effect: an alias names one group, not several; give them one model_name instead',
  ),
];

const OTHER_ROWS: readonly Row[] = [
  after(
    'a misspelt section',
    'router_setings: {num_retries: 1}\n',
    '6:1: warning: router_setings: unknown key, it has no effect (did you mean "router_settings"?)',
  ),
  after(
    'a misspelt setting',
    'general_settings: {mater_key: sk-never-shown}\n',
    '6:20: warning: general_settings.mater_key: unknown key, it has no effect (did you mean "master_key"?)',
  ),
  after(
    'a callback',
    'litellm_settings: {callbacks: [prometheus, langfuse]}\n',
    '6:20: warning: litellm_settings.callbacks: not supported yet: nothing is sent to langfuse; requests are in the log and in /metrics',
  ),
  after(
    'a database',
    'general_settings: {database_url: os.environ/SECRET}\n',
    '6:20: warning: general_settings.database_url: not supported yet: there is no database: no virtual keys, teams, users or stored models',
  ),
  after(
    'a variable that is not set',
    'general_settings: {master_key: os.environ/GONE}\n',
    '6:32: warning: general_settings.master_key: the environment variable GONE is not set: set it, or write the value of master_key here',
  ),
  after('an include that is text', 'include: other.yaml\n', '6:10: error: include: must be a list of files'),
  after(
    'an include that is not there',
    'include: [other.yaml]\n',
    '6:11: error: include[0]: the included file "other.yaml" cannot be read',
  ),
  after(
    'several mistakes at once',
    'router_settings:\n  timeout: soon\n  retry_after: -1\n  num_retries: [2]\n',
    '7:12: error: router_settings.timeout: must be a number of seconds, 0 or more, but this is text',
    '8:16: error: router_settings.retry_after: must be a number of seconds, 0 or more, but this is negative',
    '9:16: error: router_settings.num_retries: must be a whole number, 0 or more, but this is a list',
  ),
];

const ROWS = [...FILE_ROWS, ...LIST_ROWS, ...ROUTER_ROWS, ...OTHER_ROWS];

describe('a broken config', () => {
  it('is pinned here in at least sixty forms', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(60);
  });

  it.each(ROWS)('says what is wrong with $name, and where', ({ text, says }) => {
    const config = load(text);
    const found = config.problems.map((one) => `${one.line}:${one.column}: ${one.severity}: ${one.where}: ${one.what}`);
    expect(found).toEqual(says);
    expect(new Set(config.problems.map((one) => one.file))).toEqual(new Set(['config.yaml']));
    expect(hasErrors(config)).toBe(says.some((line) => line.includes(': error: ')));
  });

  it.each(ROWS)('never shows a secret that stands beside $name', ({ text }) => {
    expect(JSON.stringify(load(text).problems)).not.toContain('sk-never-shown');
  });
});

function load(text: string) {
  return loadConfigText(text, {
    env: ENV,
    read: () => {
      throw new Error('no such file');
    },
  });
}
