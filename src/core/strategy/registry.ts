// Strategies by name. Names that LiteLLM has and that are not built yet are absent: the config says so at start.
import type { StrategyName } from '../routing-table.ts';
import { leastBusy } from './least-busy.ts';
import { simpleShuffle } from './simple-shuffle.ts';
import type { Strategy } from './strategy.ts';

const STRATEGIES: ReadonlyMap<StrategyName, Strategy> = new Map([simpleShuffle, leastBusy].map((s) => [s.name, s]));

/** Names under which `strategyNamed` finds something of their own. */
export const BUILT_STRATEGIES: ReadonlySet<StrategyName> = new Set(STRATEGIES.keys());

/** The strategy of that name; simple-shuffle, LiteLLM's default, for a name that is not built yet. */
export function strategyNamed(name: StrategyName): Strategy {
  return STRATEGIES.get(name) ?? simpleShuffle;
}
