// Whether the names that fallbacks and aliases point at are served by anything. A fallback that leads nowhere shows
// itself only on the bad day, so it is an error; a name that fails at the first call, as any unknown name, is a warning
// (LiteLLM 1.106 starts with both).
import type { FallbackLists, Located, LocatedRule } from './fallback-lists.ts';
import type { Findings } from './findings.ts';
import { didYouMean } from './nearest-key.ts';
import type { Alias, RoutingTable } from '../core/routing-table.ts';

/** What there is to point at. `leftOut` are groups whose entries were skipped with a warning of their own. */
export interface Served {
  readonly table: Omit<RoutingTable, 'settings'>;
  readonly leftOut: ReadonlySet<string>;
}

/** A group, an alias, a deployment id, the model string of a deployment, or a name that a wildcard takes. */
export function isServed(name: string, { table, leftOut }: Served): boolean {
  return (
    table.groups.has(name) ||
    table.aliases.has(name) ||
    table.routingGroups.has(name) ||
    table.byId.has(name) ||
    table.byLitellmModel.has(name) ||
    leftOut.has(name) ||
    table.wildcards.some((route) => route.regex.test(name))
  );
}

export function checkFallbackReferences(lists: FallbackLists, served: Served, findings: Findings): void {
  for (const rule of lists.located) checkRule(rule, served, findings);
}

function checkRule({ from, targets }: LocatedRule, served: Served, findings: Findings): void {
  if (from.value !== '*' && !isServed(from.value, served)) {
    findings.warning(
      from.spot,
      `no model group has this name, so the rule never applies${suggest(from.value, served)}`,
    );
  }
  const lost = targets.filter((target) => !isServed(target.value.model, served));
  for (const { value, spot } of lost) {
    const what = `"${value.model}" is not a model group, an alias or a deployment id${suggest(value.model, served)}`;
    if (lost.length === targets.length) findings.error(spot, what);
    else findings.warning(spot, `${what}: it is passed over`);
  }
}

export function checkAliasReferences(aliases: readonly Located<Alias>[], served: Served, findings: Findings): void {
  for (const { value, spot } of aliases) {
    if (served.table.groups.has(value.name)) {
      findings.warning(spot, 'a model group has the same name: the alias takes all its traffic');
    }
    if (isServed(value.target, served)) continue;
    findings.warning(spot, `leads to "${value.target}", which nothing serves${suggest(value.target, served)}`);
  }
}

/** `silent_model`: a copy that goes nowhere harms nobody, so it is a warning. */
export function checkMirrorReferences(mirrors: readonly Located<string>[], served: Served, findings: Findings): void {
  for (const { value, spot } of mirrors) {
    if (isServed(value, served)) continue;
    findings.warning(spot, `mirrors to "${value}", which nothing serves${suggest(value, served)}`);
  }
}

function suggest(name: string, { table }: Served): string {
  return didYouMean(name, [...table.groups.keys(), ...table.routingGroups.keys(), ...table.aliases.keys()]);
}
