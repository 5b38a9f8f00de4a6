// Which strategy a section names and with what arguments: `router_settings` and every routing group say it alike. A name
// that nobody knows is an error, an argument that nobody knows a warning, both with a suggestion (DESIGN 7).
import { checkSection, complainWithSuggestion } from './check-section.ts';
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { STRATEGY_ARG_KEYS } from './keys/router-keys.ts';
import { didYouMean } from './nearest-key.ts';
import { amountIn, millisIn, numberIn, textOf } from './read-value.ts';
import { MOST_SAMPLES } from '../core/fleet/row.ts';
import { DEFAULT_STRATEGY_ARGS, STRATEGY_NAMES } from '../core/routing-table.ts';
import type { StrategyArgs, StrategyName } from '../core/routing-table.ts';

/** Valid in LiteLLM 1.106, without a counterpart here. */
const FOREIGN_STRATEGIES = ['lar1', 'provider-budget-routing'];
/** Titles of the strategies in LiteLLM's documentation, found in real configs where the name belongs. */
const STRATEGY_TITLES: Readonly<Record<string, StrategyName>> = {
  rate_limit_aware: 'usage-based-routing',
  rate_limit_aware_v2: 'usage-based-routing-v2',
};

/** `routing_strategy` of a section; `undefined` = it does not say, or nothing that can be used. */
export function readStrategy(
  node: ConfigNode | undefined,
  where: string,
  findings: Findings,
): StrategyName | undefined {
  const name = textOf(node);
  if (node === undefined || name === undefined) return undefined;
  const spot = { place: node.place, where };
  const known = STRATEGY_NAMES.find((strategy) => strategy === (STRATEGY_TITLES[name] ?? name));
  if (known !== undefined) return known;
  if (FOREIGN_STRATEGIES.includes(name)) {
    findings.warning(spot, `not supported yet: ${name}; simple-shuffle is used in its place`);
    return 'simple-shuffle';
  }
  const meant = didYouMean(name, STRATEGY_NAMES);
  findings.error(spot, `unknown strategy${meant}; there are ${STRATEGY_NAMES.join(', ')}`);
  return undefined;
}

/** `routing_strategy_args` of a section, with LiteLLM's defaults for what it does not say. */
export function readStrategyArgs(section: MapNode, where: string, findings: Findings): StrategyArgs {
  const args = childOf(section, 'routing_strategy_args');
  if (args?.kind !== 'map') return DEFAULT_STRATEGY_ARGS;
  const unknown = complainWithSuggestion(STRATEGY_ARG_KEYS, {});
  checkSection(args, { where, table: STRATEGY_ARG_KEYS, unknown }, findings);
  const spotOf = (key: string): Spot => ({ place: childOf(args, key)?.place ?? args.place, where: `${where}.${key}` });
  return {
    ttlMs: millisIn(args, 'ttl') ?? DEFAULT_STRATEGY_ARGS.ttlMs,
    lowestLatencyBuffer: amountIn(args, 'lowest_latency_buffer') ?? DEFAULT_STRATEGY_ARGS.lowestLatencyBuffer,
    maxLatencyListSize: readListSize(args, spotOf('max_latency_list_size'), findings),
    ttftPercentile: readPercentile(args, spotOf('ttft_percentile'), findings),
  };
}

function readListSize(args: MapNode, spot: Spot, findings: Findings): number {
  const size = amountIn(args, 'max_latency_list_size');
  if (size === undefined) return DEFAULT_STRATEGY_ARGS.maxLatencyListSize;
  if (size > MOST_SAMPLES) findings.warning(spot, `at most ${MOST_SAMPLES} samples are kept for a deployment`);
  if (size < 1) findings.warning(spot, 'at least one sample is needed to tell deployments apart: 1 is used');
  return Math.min(MOST_SAMPLES, Math.max(1, Math.floor(size)));
}

function readPercentile(args: MapNode, spot: Spot, findings: Findings): number | undefined {
  const quantile = numberIn(args, 'ttft_percentile');
  if (quantile === undefined || (quantile > 0 && quantile <= 1)) return quantile;
  findings.error(spot, 'must be above 0 and at most 1: 0.95 for the 95th percentile');
  return undefined;
}
