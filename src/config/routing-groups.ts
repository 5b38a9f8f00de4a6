// `routing_groups`: model groups that share a strategy and can be called under one name (LiteLLM 1.106). A group with
// priorities is an `order` over model groups; its members keep their own policy when they are called by themselves.
import { checkSection, complainWithSuggestion } from './check-section.ts';
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { ROUTING_GROUP_KEYS } from './keys/router-keys.ts';
import { didYouMean } from './nearest-key.ts';
import { numberOf, textIn, textsIn } from './read-value.ts';
import { readStrategy, readStrategyArgs } from './strategy-settings.ts';
import type { ModelGroup, RoutingGroup, RoutingPolicy, RoutingTable } from '../core/routing-table.ts';
import type { DeploymentIndex } from '../core/units.ts';

const WHERE = 'router_settings.routing_groups';
/** LiteLLM's own name for everything that is in no group. */
const RESERVED_NAME = 'default';
const PRIORITY = 'priority';

type Places = Pick<RoutingTable, 'deployments' | 'groups' | 'aliases'>;

/** What the groups come to: those that can be called, and the model groups with the policies they got. */
export type RoutingGroups = Pick<RoutingTable, 'routingGroups' | 'groups'>;

interface Reader {
  readonly places: Places;
  /** The router's, for a group that names no strategy. */
  readonly policy: RoutingPolicy;
  readonly findings: Findings;
  readonly callable: Map<string, RoutingGroup>;
  /** By model group: the routing group whose policy it has, and that policy. */
  readonly owners: Map<string, { readonly name: string; readonly policy: RoutingPolicy }>;
  readonly seen: Set<string>;
}

export function readRoutingGroups(
  router: MapNode,
  world: { readonly places: Places; readonly policy: RoutingPolicy },
  findings: Findings,
): RoutingGroups {
  const node = childOf(router, 'routing_groups');
  const reader: Reader = { ...world, findings, callable: new Map(), owners: new Map(), seen: new Set() };
  if (node?.kind === 'list') node.items.forEach((item, nth) => readItem(item, `${WHERE}[${nth}]`, reader));
  const groups = [...world.places.groups.values()].map((group): [string, ModelGroup] => {
    const policy = reader.owners.get(group.name)?.policy;
    return [group.name, policy === undefined ? group : { ...group, policy }];
  });
  return { routingGroups: reader.callable, groups: new Map(groups) };
}

function readItem(item: ConfigNode, where: string, reader: Reader): void {
  const { findings } = reader;
  const spot = { place: item.place, where };
  if (item.kind !== 'map') return findings.error(spot, 'must be a map with group_name and models');
  checkSection(
    item,
    { where, table: ROUTING_GROUP_KEYS, unknown: complainWithSuggestion(ROUTING_GROUP_KEYS, {}) },
    findings,
  );
  const name = textIn(item, 'group_name');
  if (name === undefined) return findings.error(spot, 'needs group_name, the name of the group');
  const at = { place: childOf(item, 'group_name')?.place ?? item.place, where: `${where}.group_name` };
  if (name === RESERVED_NAME) return findings.error(at, `"${RESERVED_NAME}" is reserved: choose another name`);
  if (reader.seen.has(name)) return findings.error(at, `a routing group "${name}" exists already`);
  reader.seen.add(name);
  const members = readMembers(item, where, reader);
  if (members.length === 0) return findings.error(spot, 'needs models, a list of model groups that exist');
  const isPriority = textIn(item, 'routing_strategy') === PRIORITY;
  const policy = isPriority
    ? priorityPolicy(item, { where, members }, reader)
    : sharedPolicy(item, { name, where, members }, reader);
  if (policy !== undefined) publish({ name, members, policy, isPriority }, at, reader);
}

/** Model groups of the config; other names are warned about and left out. */
function readMembers(item: MapNode, where: string, { places, findings }: Reader): ModelGroup[] {
  const place = childOf(item, 'models')?.place ?? item.place;
  return [...new Set(textsIn(item, 'models'))].flatMap((name) => {
    const group = places.groups.get(name);
    const meant = didYouMean(name, places.groups.keys());
    if (group === undefined) findings.warning({ place, where: `${where}.models` }, `no model group "${name}"${meant}`);
    return group ?? [];
  });
}

interface Item {
  readonly name: string;
  readonly where: string;
  readonly members: readonly ModelGroup[];
}

/** A strategy of its own, which its members have too when they are called directly: each is in one such group only. */
function sharedPolicy(item: MapNode, { name, where, members }: Item, reader: Reader): RoutingPolicy {
  const { findings, owners } = reader;
  const strategy = readStrategy(childOf(item, 'routing_strategy'), `${where}.routing_strategy`, findings);
  const own = readStrategyArgs(item, `${where}.routing_strategy_args`, findings);
  const hasOwn = strategy !== undefined || childOf(item, 'routing_strategy_args') !== undefined;
  const { policy: router } = reader;
  const policy = { strategy: strategy ?? router.strategy, strategyArgs: hasOwn ? own : router.strategyArgs };
  const spot = { place: childOf(item, 'models')?.place ?? item.place, where: `${where}.models` };
  for (const member of members) {
    const owner = owners.get(member.name);
    if (owner === undefined) owners.set(member.name, { name, policy });
    else
      findings.error(
        spot,
        `"${member.name}" is in routing group "${owner.name}" already: which strategy should it have?`,
      );
  }
  return policy;
}

/** Every member needs a priority, a whole number from 1; equal ones share. */
function priorityPolicy(
  item: MapNode,
  { where, members }: Omit<Item, 'name'>,
  reader: Reader,
): RoutingPolicy | undefined {
  const { findings, places, policy } = reader;
  const map = childOf(item, 'model_priorities');
  const spot: Spot = { place: map?.place ?? item.place, where: `${where}.model_priorities` };
  const byGroup = new Map<string, number>();
  for (const { name } of members) {
    const priority = map?.kind === 'map' ? numberOf(childOf(map, name)) : undefined;
    if (priority !== undefined && Number.isInteger(priority) && priority >= 1) byGroup.set(name, priority);
    else findings.error(spot, `"${name}" needs a priority, a whole number from 1: the lowest is asked first`);
  }
  if (byGroup.size < members.length) return undefined;
  const { strategyArgs } = policy;
  return { strategy: 'simple-shuffle', strategyArgs, priorities: levelsOf(members, byGroup, places) };
}

/** Levels from 1: by priority, and among equal ones by the deployments' own `order`. */
function levelsOf(
  members: readonly ModelGroup[],
  byGroup: ReadonlyMap<string, number>,
  { deployments }: Places,
): ReadonlyMap<DeploymentIndex, number> {
  const ranked = members
    .flatMap((member) => member.deployments.map((index) => ({ index, priority: byGroup.get(member.name) ?? 0 })))
    .map((one) => ({ ...one, order: deployments[one.index]?.order ?? Number.MAX_VALUE }))
    .toSorted((a, b) => a.priority - b.priority || a.order - b.order);
  const levels = new Map<DeploymentIndex, number>();
  let level = 0;
  ranked.forEach(({ index, priority, order }, nth) => {
    const before = ranked[nth - 1];
    if (before?.priority !== priority || before.order !== order) level += 1;
    levels.set(index, level);
  });
  return levels;
}

interface Found {
  readonly name: string;
  readonly members: readonly ModelGroup[];
  readonly policy: RoutingPolicy;
  readonly isPriority: boolean;
}

/** A name that is taken keeps its meaning. A wildcard's deployments need the name that they stand for. */
function publish(
  { name, members, policy, isPriority }: Found,
  spot: Spot,
  { places, findings, callable }: Reader,
): void {
  const taken = places.groups.has(name) ? 'a model group' : places.aliases.has(name) ? 'an alias' : undefined;
  if (taken !== undefined && isPriority) return findings.error(spot, `${taken} has the same name`);
  if (taken !== undefined) {
    return findings.warning(
      spot,
      `${taken} has the same name: the group cannot be called, its members keep its strategy`,
    );
  }
  const indexes = members.flatMap((member) => member.deployments);
  const deployments = indexes.filter((index) => places.deployments[index]?.isWildcard === false);
  if (deployments.length > 0) callable.set(name, { name, deployments, policy });
  else findings.warning(spot, 'has wildcards only: it cannot be called, its members keep its strategy');
}
