// What is known of a model group, gathered from its deployments: the best of each, as LiteLLM 1.106 shows it.
import type { GatewayConfig } from '../../config/types.ts';
import type { Deployment } from '../../core/deployment.ts';
import type { ModelGroup } from '../../core/routing-table.ts';

/** One deployment of a group with what the listings show of it. */
export interface GroupMember {
  readonly deployment: Deployment;
  readonly info: Readonly<Record<string, unknown>>;
}

export function membersOf(config: GatewayConfig, group: ModelGroup): GroupMember[] {
  return group.deployments.flatMap((index) => {
    const deployment = config.table.deployments[index];
    const info = config.deployments[index]?.shownInfo;
    return deployment === undefined || info === undefined ? [] : [{ deployment, info }];
  });
}

/** The largest number that the members have under this key, or `undefined`. */
export function largest(members: readonly GroupMember[], key: string): number | undefined {
  const values = members.flatMap(({ info }) => (typeof info[key] === 'number' ? [info[key]] : []));
  return values.length === 0 ? undefined : Math.max(...values);
}

/** The sum over the members that have one, or `undefined` when none has. */
export function sum(
  members: readonly GroupMember[],
  of: (deployment: Deployment) => number | undefined,
): number | undefined {
  const values = members.flatMap(({ deployment }) => of(deployment) ?? []);
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}

/** The first text that the members have under this key, or `undefined`. */
export function firstText(members: readonly GroupMember[], key: string): string | undefined {
  for (const { info } of members) if (typeof info[key] === 'string') return info[key];
  return undefined;
}

export function providersOf(members: readonly GroupMember[]): string[] {
  return [...new Set(members.map(({ deployment }) => deployment.provider))];
}
