// Group names with `*`, compiled. Which pattern wins is decided once, here: the longer one, then the one with more
// special characters (LiteLLM 1.106, reference 1.7).
import type { ModelGroup, WildcardRoute } from '../core/routing-table.ts';

/** Routes of all groups whose name holds a `*`, most specific first; equals keep config order. */
export function compileWildcards(groups: Iterable<ModelGroup>): readonly WildcardRoute[] {
  return [...groups]
    .filter((group) => group.name.includes('*'))
    .map((group) => ({ pattern: group.name, regex: wildcardRegex(group.name), deployments: group.deployments }))
    .toSorted((a, b) => b.pattern.length - a.pattern.length || specials(b.pattern) - specials(a.pattern));
}

/** Anchored at the start only; each `*` is a greedy capture. */
export function wildcardRegex(pattern: string): RegExp {
  const literals = pattern.split('*').map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${literals.join('(.*)')}`);
}

function specials(pattern: string): number {
  return pattern.match(/[*+?\\^$|()]/g)?.length ?? 0;
}
