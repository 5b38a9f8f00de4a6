// From the tree of a config to everything the gateway runs on. Always yields a config, with the problems in it: the
// caller refuses to start when one of them is an error, and `check` prints them all either way.
import { checkSections } from './check-config.ts';
import { compileDeployments, mirrorsOf } from './compile-deployments.ts';
import type { CompiledDeployment } from './compile-deployments.ts';
import { childOf, emptyMap } from './config-node.ts';
import type { MapNode } from './config-node.ts';
import { readSharedParams } from './deployment-spec.ts';
import { extendEnvironment, resolveReferences } from './environment.ts';
import type { Environment } from './environment.ts';
import { readRouterFails } from './class-policies.ts';
import { readFallbackLists } from './fallback-lists.ts';
import { readFilterSettings, readHealthChecks } from './filter-settings.ts';
import type { Findings } from './findings.ts';
import { readGeneralSettings, readLitellmSettings } from './general-settings.ts';
import { readModelAliases } from './model-aliases.ts';
import { readModelEntries } from './model-entries.ts';
import { numberIn } from './read-value.ts';
import { checkAliasReferences, checkFallbackReferences, checkMirrorReferences } from './references.ts';
import { readRedis } from './read-redis.ts';
import { readRouterSettings } from './router-settings.ts';
import type { SettingsSections } from './router-settings.ts';
import { readRoutingGroups } from './routing-groups.ts';
import { warnAboutImpossibleLimits, warnAboutMissingWeights } from './sanity-warnings.ts';
import type { GatewayConfig } from './types.ts';
import { compileWildcards } from './wildcard-routes.ts';
import type { Alias, ModelGroup, RoutingTable } from '../core/routing-table.ts';

export interface CompileOptions {
  readonly file: string | undefined;
  readonly files?: readonly string[];
  readonly env: Environment;
  readonly findings: Findings;
  /** `--model` of the command line. */
  readonly cliModel?: string | undefined;
}

/** `root` is the merged tree of the file and its includes, references not yet resolved. */
export function compileConfig(root: MapNode, options: CompileOptions): Omit<GatewayConfig, 'texts'> {
  const { findings } = options;
  const env = extendEnvironment(root, options.env);
  const tree = resolveReferences(root, env, findings);
  checkSections(tree, findings);
  const router = section(tree, 'router_settings');
  const litellm = section(tree, 'litellm_settings');
  const general = section(tree, 'general_settings');
  const { compiled, leftOut } = compileDeployments(readModelEntries(tree, env, findings), {
    shared: readSharedParams(tree),
    env,
    defaultMaxParallel: numberIn(router, 'default_max_parallel_requests'),
    routerFails: readRouterFails(router, findings),
    findings,
  });
  const table = compileTable({ router, litellm, general, env }, { compiled, leftOut }, findings);
  warnAboutMissingWeights(compiled, findings);
  warnAboutImpossibleLimits(compiled, findings);
  return {
    file: options.file,
    files: options.files ?? [],
    environment: env,
    table,
    deployments: compiled.map((one) => one.configured),
    general: { ...readGeneralSettings(general, env, options.cliModel), ...readHealthChecks({ router, general }) },
    litellm: readLitellmSettings(litellm, general, env),
    redis: readRedis({ router, litellm, general, env }, findings),
    problems: findings.problems(),
    verdicts: findings.verdicts(),
  };
}

function compileTable(
  { router, litellm, general, env }: SettingsSections & { readonly general: MapNode },
  { compiled, leftOut }: ReturnType<typeof compileDeployments>,
  findings: Findings,
): RoutingTable {
  const aliases = readModelAliases(router, findings);
  const places = buildPlaces(
    compiled,
    aliases.map((alias) => alias.value),
  );
  const lists = readFallbackLists(router, litellm, findings);
  const settings = {
    ...readRouterSettings({ router, litellm, env }, lists.rules, findings),
    ...readFilterSettings({ router, litellm, general, seen: compiled }, findings),
  };
  const table = { ...places, ...readRoutingGroups(router, { places, policy: settings }, findings), settings };
  checkAliasReferences(aliases, { table, leftOut }, findings);
  checkFallbackReferences(lists, { table, leftOut }, findings);
  checkMirrorReferences(compiled.flatMap(mirrorsOf), { table, leftOut }, findings);
  return table;
}

function section(root: MapNode, name: string): MapNode {
  const node = childOf(root, name);
  return node?.kind === 'map' ? node : emptyMap(root.place);
}

/** Every name that a request may ask for, and where it leads. */
function buildPlaces(
  compiled: readonly CompiledDeployment[],
  aliases: readonly Alias[],
): Omit<RoutingTable, 'settings' | 'routingGroups'> {
  const deployments = compiled.map((one) => one.deployment);
  const byGroup = Map.groupBy(deployments, (deployment) => deployment.group);
  const byModel = Map.groupBy(deployments, (deployment) => deployment.litellmModel);
  const groups = new Map<string, ModelGroup>();
  for (const [name, members] of byGroup) groups.set(name, { name, deployments: members.map((one) => one.index) });
  const byId = new Map<string, number>();
  for (const { id, index } of deployments) if (!byId.has(id)) byId.set(id, index);
  return {
    deployments,
    groups,
    aliases: new Map(aliases.map((alias) => [alias.name, alias])),
    byId,
    byLitellmModel: new Map([...byModel].map(([model, members]) => [model, members.map((one) => one.index)])),
    wildcards: compileWildcards(groups.values()),
  };
}
