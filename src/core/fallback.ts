// Which groups a request may go to after a failure: rules of the config and of the body, in LiteLLM 1.106's order with
// Loadstone's differences (DESIGN 5 and 7). Walking the targets is the plan's business; here is only the lookup.
import type { FailureCause } from './outcome.ts';
import type { ClientFallbacks, RequestIntent } from './request-intent.ts';
import type { FallbackRule, FallbackRules, FallbackTarget } from './routing-table.ts';

export interface FallbackQuery {
  readonly rules: FallbackRules;
  readonly intent: Pick<
    RequestIntent,
    'disableFallbacks' | 'fallbacks' | 'contextWindowFallbacks' | 'contentPolicyFallbacks'
  >;
  readonly cause: FailureCause;
  /** Names that a rule may stand under, the nearest first: this hop's, its real group, then those of the request. */
  readonly names: readonly string[];
}

/**
 * Targets after a failure of this cause, in order; empty = there are none. A client's plain list serves every error.
 * Context-window and content-policy errors go to their own list or nowhere: a generic list would only ask again with
 * the same prompt, and a refusal is an answer that is not shopped around.
 */
export function fallbackTargets(query: FallbackQuery): readonly FallbackTarget[] {
  const { rules, intent, cause, names } = query;
  if (intent.disableFallbacks) return NONE;
  if (intent.fallbacks?.kind === 'targets') return intent.fallbacks.targets;
  if (cause === 'context_window') return ownList(intent.contextWindowFallbacks, rules.contextWindow, names);
  if (cause === 'content_policy') return ownList(intent.contentPolicyFallbacks, rules.contentPolicy, names);
  if (intent.fallbacks !== undefined)
    return specificRule(intent.fallbacks.rules, names) ?? others(intent.fallbacks.rules) ?? NONE;
  const generic = rules.generic ?? [];
  return specificRule(generic, names) ?? others(generic) ?? rules.defaults ?? NONE;
}

const NONE: readonly FallbackTarget[] = [];

/** The list of one special error: an exact entry of it or nothing (1.106, 6.1); `*` does not count there. */
function ownList(
  own: ClientFallbacks | undefined,
  configured: readonly FallbackRule[] | undefined,
  names: readonly string[],
): readonly FallbackTarget[] {
  if (own?.kind === 'targets') return own.targets;
  const rules = own === undefined ? configured : own.rules;
  if (rules === undefined) return NONE;
  for (const name of names) {
    const rule = rules.find(({ from }) => from === name);
    if (rule !== undefined) return rule.targets;
  }
  return NONE;
}

/**
 * A rule under any of the names beats `*`. For each name: exact, then the name without its provider prefix, then a rule
 * that has the prefix which the name lacks (1.106, 6b). The first rule in the list counts.
 */
function specificRule(rules: readonly FallbackRule[], names: readonly string[]): readonly FallbackTarget[] | undefined {
  for (const name of names) {
    const bare = withoutPrefix(name);
    const rule =
      rules.find(({ from }) => from === name && from !== '*') ??
      rules.find(({ from }) => from === bare) ??
      rules.find(({ from }) => withoutPrefix(from) === name);
    if (rule !== undefined) return rule.targets;
  }
  return undefined;
}

function others(rules: readonly FallbackRule[]): readonly FallbackTarget[] | undefined {
  return rules.find(({ from }) => from === '*')?.targets;
}

function withoutPrefix(name: string): string | undefined {
  const slash = name.indexOf('/');
  return slash < 0 ? undefined : name.slice(slash + 1);
}
