// Budgets of providers, deployments and tags, out of the three places where LiteLLM 1.106 has them. One that cannot
// work is named: no period, nothing to count by, nobody it could apply to.
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import { periodMs } from './duration.ts';
import type { Findings, Spot } from './findings.ts';
import { amountIn, textIn } from './read-value.ts';
import type { SeenDeployment } from './sanity-warnings.ts';
import type { Budget, Budgets } from '../core/budget/budgets.ts';

export interface BudgetSources {
  readonly router: MapNode;
  readonly litellm: MapNode;
  readonly seen: readonly SeenDeployment[];
}

/** `undefined`: there are none. */
export function readBudgets({ router, litellm, seen }: BudgetSources, findings: Findings): Budgets | undefined {
  const providers = budgetMap(childOf(router, 'provider_budget_config'), {
    kind: 'provider',
    where: 'router_settings.provider_budget_config',
    findings,
  });
  const tags = budgetMap(childOf(litellm, 'tag_budget_config'), {
    kind: 'tag',
    where: 'litellm_settings.tag_budget_config',
    findings,
  });
  const own = deploymentBudgets(seen, findings);
  const list = [...providers, ...tags, ...own];
  if (list.length === 0) return undefined;
  warnAboutUnused(providers, { router, litellm, seen }, findings);
  const positions = new Map(list.map(({ kind, name }, nth) => [`${kind}:${name}`, nth]));
  const byDeployment = seen.map(({ deployment: { provider, id } }) =>
    [`provider:${provider}`, `deployment:${id}`].flatMap((key) => positions.get(key) ?? []),
  );
  const byTag = new Map(tags.map(({ name }, nth) => [name, providers.length + nth]));
  warnAboutPrices(seen, { list, byDeployment }, findings);
  return { list, byDeployment, byTag };
}

interface BudgetMap {
  readonly kind: Budget['kind'];
  readonly where: string;
  readonly findings: Findings;
}

function budgetMap(node: ConfigNode | undefined, { kind, where, findings }: BudgetMap): Budget[] {
  if (node?.kind !== 'map') return [];
  return [...node.entries].flatMap(([name, { key, value }]) => {
    const spot = { place: key.place, where: `${where}.${name}` };
    return readBudget(value, { kind, name, spot }, findings) ?? [];
  });
}

/** LiteLLM's two spellings of both values. A limit of 0 is none, as there. */
function readBudget(
  node: ConfigNode,
  { kind, name, spot }: { readonly kind: Budget['kind']; readonly name: string; readonly spot: Spot },
  findings: Findings,
): Budget | undefined {
  const limitUsd = amountIn(node, 'max_budget') ?? amountIn(node, 'budget_limit');
  const period = textIn(node, 'budget_duration') ?? textIn(node, 'time_period');
  const ms = period === undefined ? undefined : periodMs(period);
  if (limitUsd !== undefined && limitUsd > 0 && period !== undefined && ms !== undefined) {
    return { kind, name, limitUsd, period, periodMs: ms };
  }
  const lacks = limitUsd === undefined || limitUsd === 0 ? 'an amount above 0' : 'a period such as 1d, 12h, 30s or 1mo';
  findings.warning(spot, `this budget has no effect: it needs ${lacks}`);
  return undefined;
}

function deploymentBudgets(seen: readonly SeenDeployment[], findings: Findings): Budget[] {
  const byId = new Map<string, Budget>();
  for (const { entry, deployment } of seen) {
    const { params, spot } = entry;
    const name = params.entries.has('max_budget') ? 'max_budget' : 'budget_duration';
    const key = params.entries.get(name);
    if (key === undefined || byId.has(deployment.id)) continue;
    const at = { place: key.key.place, where: `${spot.where}.litellm_params.${name}` };
    const budget = readBudget(params, { kind: 'deployment', name: deployment.id, spot: at }, findings);
    if (budget !== undefined) byId.set(deployment.id, budget);
  }
  return [...byId.values()];
}

function warnAboutUnused(providers: readonly Budget[], { router, seen }: BudgetSources, findings: Findings): void {
  const served = new Set(seen.map(({ deployment }) => deployment.provider));
  const config = childOf(router, 'provider_budget_config');
  for (const { name } of providers) {
    if (served.has(name) || config?.kind !== 'map') continue;
    const place = config.entries.get(name)?.key.place ?? config.place;
    findings.warning(
      { place, where: `router_settings.provider_budget_config.${name}` },
      'no deployment of this provider: this budget has no effect',
    );
  }
}

/** Without prices what is spent cannot be counted, and a budget would never be reached. */
function warnAboutPrices(
  seen: readonly SeenDeployment[],
  { list, byDeployment }: Pick<Budgets, 'list' | 'byDeployment'>,
  findings: Findings,
): void {
  const hasTagBudgets = list.some(({ kind }) => kind === 'tag');
  for (const [nth, { entry, deployment }] of seen.entries()) {
    const { inputCostPerToken: input, outputCostPerToken: output } = deployment;
    if (input !== undefined || output !== undefined || deployment.isWildcard) continue;
    if (!hasTagBudgets && (byDeployment[nth] ?? []).length === 0) continue;
    findings.warning(
      { place: entry.params.place, where: `${entry.spot.where}.litellm_params` },
      'no price is known for this model: what it costs counts for no budget ' +
        '(give input_cost_per_token and output_cost_per_token, or base_model)',
    );
  }
}
