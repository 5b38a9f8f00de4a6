// Which names `/v1/models` and the group listing show, in LiteLLM 1.106's order (golden b01, a15, a21): aliases that
// are not hidden, then groups as configured, then routing groups, then what the wildcards stand for.
import type { GatewayConfig } from '../../config/types.ts';
import type { ModelGroup } from '../../core/routing-table.ts';
import type { ModelFacts } from '../../provider/model-table.ts';
import { wildcardModels } from './wildcard-models.ts';

/** One name that can be asked for. */
export type ListedModel =
  /** `group` is the one that serves it: an alias's target, or the group of that name. */
  | { readonly kind: 'alias' | 'group'; readonly id: string; readonly group: ModelGroup }
  | { readonly kind: 'pattern'; readonly id: string; readonly group: ModelGroup }
  | {
      readonly kind: 'expanded';
      readonly id: string;
      readonly group: ModelGroup;
      readonly facts: ModelFacts | undefined;
    };

/** Every id once, the first that has it. `withPatterns` shows the wildcards' own names too. */
export function listedModels(config: GatewayConfig, withPatterns = false): ListedModel[] {
  const { aliases, groups, routingGroups } = config.table;
  const listed = new Map<string, ListedModel>();
  const add = (model: ListedModel): void => {
    if (!listed.has(model.id)) listed.set(model.id, model);
  };
  for (const { name, target, hidden } of aliases.values()) {
    const group = routingGroups.get(target) ?? groups.get(target);
    if (!hidden && group !== undefined) add({ kind: 'alias', id: name, group });
  }
  for (const group of groups.values()) if (!isPattern(group)) add({ kind: 'group', id: group.name, group });
  for (const group of routingGroups.values()) add({ kind: 'group', id: group.name, group });
  for (const group of groups.values()) {
    if (!isPattern(group)) continue;
    if (withPatterns) add({ kind: 'pattern', id: group.name, group });
    for (const model of expanded(config, group)) add(model);
  }
  return [...listed.values()];
}

function isPattern(group: ModelGroup): boolean {
  return group.name.includes('*');
}

function expanded(config: GatewayConfig, group: ModelGroup): ListedModel[] {
  return group.deployments.flatMap((index) => {
    const deployment = config.table.deployments[index];
    if (deployment === undefined) return [];
    const { provider, upstreamModel } = deployment;
    return wildcardModels({ pattern: group.name, provider, upstreamModel }).map(({ id, facts }): ListedModel => ({
      kind: 'expanded',
      id,
      group,
      facts,
    }));
  });
}
