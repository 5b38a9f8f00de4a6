// Strategies by name: all names that LiteLLM documents and that make sense for one gateway.
import type { StrategyName } from '../routing-table.ts';
import { costBased } from './cost-based.ts';
import { latencyBased } from './latency-based.ts';
import { leastBusy } from './least-busy.ts';
import { simpleShuffle } from './simple-shuffle.ts';
import type { Strategy } from './strategy.ts';
import { usageBased, usageBasedV2 } from './usage-based.ts';

const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  'simple-shuffle': simpleShuffle,
  'least-busy': leastBusy,
  'usage-based-routing': usageBased,
  'usage-based-routing-v2': usageBasedV2,
  'latency-based-routing': latencyBased,
  'cost-based-routing': costBased,
};

export function strategyNamed(name: StrategyName): Strategy {
  return STRATEGIES[name];
}
