// Which groups a request may go to after a failure: rules of the config and of the body, in LiteLLM 1.106's order with
// Loadstone's differences (DESIGN 5 and 7). Walking the targets is the plan's business; here is only the lookup.
import type { FailureCause } from './outcome.ts';
import type { ClientFallbacks, RequestIntent } from './request-intent.ts';
import type { FallbackRule, FallbackRules, FallbackTarget } from './routing-table.ts';

/** One list of rules, ready for lookups by name. */
export interface FallbackList {
  readonly exact: ReadonlyMap<string, readonly FallbackTarget[]>;
  /** By the name behind the provider prefix: `gpt-4o` finds a rule for `openai/gpt-4o`. */
  readonly unprefixed: ReadonlyMap<string, readonly FallbackTarget[]>;
  /** The rule for `*`, else the default fallbacks. */
  readonly others: readonly FallbackTarget[] | undefined;
}

/** All rules of a config; `undefined` = that list is not configured. */
export interface FallbackIndex {
  readonly generic: FallbackList | undefined;
  readonly contextWindow: FallbackList | undefined;
  readonly contentPolicy: FallbackList | undefined;
}

export interface FallbackQuery {
  readonly index: FallbackIndex;
  readonly intent: RequestIntent;
  readonly cause: FailureCause;
  /** Names that a rule may stand under, the nearest first: this hop's, its real group, then those of the request. */
  readonly names: readonly string[];
}

/** Compiles the rules of a config; done once per routing table. The first rule for a name counts. */
export function indexFallbacks(rules: FallbackRules): FallbackIndex {
  const { generic, contextWindow, contentPolicy, defaults } = rules;
  const hasGeneric = generic !== undefined || defaults !== undefined;
  return {
    generic: hasGeneric ? compileList(generic ?? [], defaults) : undefined,
    contextWindow: contextWindow && compileList(contextWindow, undefined),
    contentPolicy: contentPolicy && compileList(contentPolicy, undefined),
  };
}

function compileList(rules: readonly FallbackRule[], defaults: readonly FallbackTarget[] | undefined): FallbackList {
  const exact = new Map<string, readonly FallbackTarget[]>();
  const unprefixed = new Map<string, readonly FallbackTarget[]>();
  let others: readonly FallbackTarget[] | undefined;
  for (const { from, targets } of rules) {
    if (from === '*') others ??= targets;
    else if (!exact.has(from)) exact.set(from, targets);
    const bare = withoutPrefix(from);
    if (bare !== undefined && !unprefixed.has(bare)) unprefixed.set(bare, targets);
  }
  return { exact, unprefixed, others: others ?? defaults };
}

/**
 * Targets after a failure of this cause, in order; empty = there are none. A client's plain list serves every error.
 * Context-window and content-policy errors go to their own list or nowhere: a generic list would only ask again with
 * the same prompt, and a refusal is an answer that is not shopped around.
 */
export function fallbackTargets(query: FallbackQuery): readonly FallbackTarget[] {
  const { index, intent, cause, names } = query;
  if (intent.disableFallbacks) return NONE;
  if (cause === 'context_window') return special(intent, intent.contextWindowFallbacks, index.contextWindow, names);
  if (cause === 'content_policy') return special(intent, intent.contentPolicyFallbacks, index.contentPolicy, names);
  return generic(intent, index, names);
}

/** Whether an ordinary failure of this request has anywhere to go: decides how carefully the last deployment is kept. */
export function hasFallback(query: Omit<FallbackQuery, 'cause'>): boolean {
  return !query.intent.disableFallbacks && generic(query.intent, query.index, query.names).length > 0;
}

const NONE: readonly FallbackTarget[] = [];

function generic(intent: RequestIntent, index: FallbackIndex, names: readonly string[]): readonly FallbackTarget[] {
  if (intent.fallbacks?.kind === 'targets') return intent.fallbacks.targets;
  const list = intent.fallbacks === undefined ? index.generic : compileList(intent.fallbacks.rules, undefined);
  return list === undefined ? NONE : (specificRule(list, names) ?? list.others ?? NONE);
}

function special(
  intent: RequestIntent,
  own: ClientFallbacks | undefined,
  configured: FallbackList | undefined,
  names: readonly string[],
): readonly FallbackTarget[] {
  if (intent.fallbacks?.kind === 'targets') return intent.fallbacks.targets;
  if (own?.kind === 'targets') return own.targets;
  const list = own === undefined ? configured : compileList(own.rules, undefined);
  if (list === undefined) return NONE;
  for (const name of names) {
    const targets = list.exact.get(name);
    if (targets !== undefined) return targets;
  }
  return NONE;
}

/** A rule under any of the names beats `*`. Exact, then without the prefix of the name, then of the rule (6b). */
function specificRule(list: FallbackList, names: readonly string[]): readonly FallbackTarget[] | undefined {
  for (const name of names) {
    const bare = withoutPrefix(name);
    const found = list.exact.get(name) ?? (bare === undefined ? undefined : list.exact.get(bare)) ?? list.unprefixed.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withoutPrefix(name: string): string | undefined {
  const slash = name.indexOf('/');
  return slash < 0 ? undefined : name.slice(slash + 1);
}
