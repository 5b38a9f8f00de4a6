// `model_group_alias`: other names for groups, in both documented forms: a name, or `{model, hidden}`.
import { childOf, isNull } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Findings } from './findings.ts';
import { booleanIn, textIn, textOf } from './read-value.ts';
import type { Located } from './fallback-lists.ts';
import type { Alias } from '../core/routing-table.ts';

const WHERE = 'router_settings.model_group_alias';

/** Aliases in config order. One that names no single group is left out with a warning, as calling it would fail. */
export function readModelAliases(router: MapNode, findings: Findings): readonly Located<Alias>[] {
  const node = childOf(router, 'model_group_alias');
  if (node?.kind !== 'map') return [];
  return [...node.entries].flatMap(([name, entry]) => {
    const spot = { place: entry.key.place, where: `${WHERE}.${name}` };
    const alias = readAlias(name, entry.value);
    if (alias === undefined) findings.warning(spot, complaint(entry.value));
    return alias === undefined ? [] : [{ value: alias, spot }];
  });
}

function readAlias(name: string, node: ConfigNode): Alias | undefined {
  if (node.kind === 'map') {
    const target = textIn(node, 'model');
    return target === undefined ? undefined : { name, target, hidden: booleanIn(node, 'hidden') === true };
  }
  const target = textOf(node);
  return target === undefined ? undefined : { name, target, hidden: false };
}

function complaint(node: ConfigNode): string {
  if (node.kind === 'list')
    return 'has no effect: an alias names one group, not several; give them one model_name instead';
  if (node.kind === 'map') return 'has no effect: the map needs the key model, the name of a group';
  return isNull(node) ? 'has no effect: the name of a group is missing' : 'has no effect';
}
