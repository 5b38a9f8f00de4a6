// The four fallback lists, out of `router_settings` and, where those do not say, `litellm_settings`. Both forms of a
// target (a name, a map with a model and fields to replace) and the mistakes that LiteLLM 1.106 refuses or overlooks.
import { childOf, isNull, toPlain } from './config-node.ts';
import type { ConfigNode, MapEntry, MapNode, PlainValue } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { textOf } from './read-value.ts';
import type { FallbackRule, FallbackRules, FallbackTarget } from '../core/routing-table.ts';

/** A target or rule with the place to blame when it leads nowhere. */
export interface Located<T> {
  readonly value: T;
  readonly spot: Spot;
}

/** One rule with its places, for the check of references. */
export interface LocatedRule {
  readonly from: Located<string>;
  readonly targets: readonly Located<FallbackTarget>[];
}

export interface FallbackLists {
  readonly rules: FallbackRules;
  /** Every rule in force, `default_fallbacks` as a rule from `*`. */
  readonly located: readonly LocatedRule[];
}

const LISTS = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const;
type ListName = (typeof LISTS)[number] | 'default_fallbacks';

/** Keys of a spelling that other gateways use and LiteLLM silently never applies: named, and left out. */
const FOREIGN_KEYS = new Set([
  'match',
  'model',
  'model_name',
  'to_model',
  'fallback_model',
  'fallback_models',
  'fallbacks',
]);

/** Reads the lists of both sections; an empty one counts as not configured (LiteLLM tests for truth). */
export function readFallbackLists(router: MapNode, litellm: MapNode, findings: Findings): FallbackLists {
  const pick = (name: ListName): readonly LocatedRule[] | undefined => {
    const own = readList(name, { section: router, where: 'router_settings' }, findings);
    const global = readList(name, { section: litellm, where: 'litellm_settings' }, findings);
    return own ?? global;
  };
  const [generic, contextWindow, contentPolicy] = LISTS.map(pick);
  const defaults = pick('default_fallbacks');
  return {
    rules: {
      generic: generic?.map(bare),
      contextWindow: contextWindow?.map(bare),
      contentPolicy: contentPolicy?.map(bare),
      defaults: defaults?.flatMap((rule) => bare(rule).targets),
    },
    located: [generic, contextWindow, contentPolicy, defaults].flatMap((rules) => rules ?? []),
  };
}

function bare(rule: LocatedRule): FallbackRule {
  return { from: rule.from.value, targets: rule.targets.map((target) => target.value) };
}

interface Source {
  readonly section: MapNode;
  readonly where: string;
}

function readList(name: ListName, { section, where }: Source, findings: Findings): LocatedRule[] | undefined {
  const node = childOf(section, name);
  if (node === undefined) return undefined;
  const spot = { place: node.place, where: `${where}.${name}` };
  const rules = name === 'default_fallbacks' ? defaultRules(node, spot) : readRules(node, { name, spot, findings });
  return rules.length === 0 ? undefined : rules;
}

function defaultRules(node: ConfigNode, spot: Spot): LocatedRule[] {
  const targets = readTargets(node, spot);
  return targets.length === 0 ? [] : [{ from: { value: '*', spot }, targets }];
}

interface ListContext {
  readonly name: ListName;
  readonly spot: Spot;
  readonly findings: Findings;
}

/** A wrong type of the list itself has been reported by the check of the section. */
function readRules(node: ConfigNode, context: ListContext): LocatedRule[] {
  if (node.kind !== 'list') return [];
  return node.items.flatMap((item, index) => {
    const spot = { place: item.place, where: `${context.spot.where}[${index}]` };
    if (item.kind === 'map' && item.entries.size > 0) return readItem(item, spot, context);
    context.findings.error(spot, 'must be a map from one group to its fallbacks: `- group: [other group]`');
    return [];
  });
}

function readItem(item: MapNode, spot: Spot, { name, findings }: ListContext): LocatedRule[] {
  const keys = [...item.entries.keys()];
  if (keys.length === 1) return [...item.entries].map(([key, entry]) => readRule(key, entry, { spot, findings }));
  if (keys.every((key) => FOREIGN_KEYS.has(key))) {
    findings.warning(spot, 'has no effect: this form is not read; write `- group: [other group]`');
    return [];
  }
  if (name === 'context_window_fallbacks') {
    findings.warning(spot, 'has several groups in one item: LiteLLM reads the first only, here each counts');
    return [...item.entries].map(([key, entry]) => readRule(key, entry, { spot, findings }));
  }
  findings.error(spot, `must have exactly one group, but has ${keys.length}: give each its own list item`);
  return [];
}

/** An empty list is a rule as well: it keeps the group from the default fallbacks. */
function readRule(group: string, entry: MapEntry, { spot, findings }: { spot: Spot; findings: Findings }): LocatedRule {
  const where = `${spot.where}.${group}`;
  const at = { place: entry.value.place, where };
  const targets = readTargets(entry.value, at);
  const wanted = entry.value.kind === 'list' ? entry.value.items.length : 1;
  if (isNull(entry.value)) findings.warning({ place: entry.key.place, where }, 'names no fallback');
  else if (targets.length < wanted) findings.error(at, 'must be a list of model groups: names, or maps with a model');
  return { from: { value: group, spot: { place: entry.key.place, where } }, targets };
}

/** Names or maps; a single one stands for a list of one (LiteLLM would read a text letter by letter, DESIGN 7). */
function readTargets(node: ConfigNode, spot: Spot): Located<FallbackTarget>[] {
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item, index) => {
    const target = readTarget(item);
    const where = node.kind === 'list' ? `${spot.where}[${index}]` : spot.where;
    return target === undefined ? [] : [{ value: target, spot: { place: item.place, where } }];
  });
}

function readTarget(node: ConfigNode): FallbackTarget | undefined {
  if (node.kind === 'list') return undefined;
  if (node.kind === 'scalar') {
    const model = textOf(node);
    return model === undefined ? undefined : { model, overrides: undefined };
  }
  const model = textOf(childOf(node, 'model'));
  if (model === undefined) return undefined;
  const overrides: Record<string, PlainValue> = {};
  for (const [key, entry] of node.entries) if (key !== 'model') overrides[key] = toPlain(entry.value);
  return { model, overrides: Object.keys(overrides).length === 0 ? undefined : overrides };
}
