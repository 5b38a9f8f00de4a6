// One hop of a request: a group (or deployment) that is asked, with the retries spent on it. The first hop is the model
// of the request, every further one a fallback.
import type { Failure } from '../outcome.ts';
import type { RoutingPolicy, RoutingTable } from '../routing-table.ts';
import { orderOf } from '../select/prefer.ts';
import type { ResolvedModel } from '../select/resolve.ts';
import type { DeploymentIndex, Millis } from '../units.ts';

export interface Hop {
  readonly resolution: ResolvedModel;
  /** How it chooses among its members. */
  readonly policy: RoutingPolicy;
  readonly overrides: Readonly<Record<string, unknown>> | undefined;
  /** 0 for the request's own model. */
  readonly depth: number;
  /**
   * Another part of a group (an `order` level, a weighted failover), not a group of its own: its list is the one that is
   * being walked.
   */
  readonly isOrderStep: boolean;
  /** Everyone who may answer. */
  readonly members: readonly DeploymentIndex[];
  /** Those of them that the next attempt may go to. */
  candidates: readonly DeploymentIndex[];
  attempts: number;
  retries: number;
  /** Retries allowed, as far as known: a deployment's own number counts once it has failed. */
  maxRetries: number;
  /** No attempt before this; `-Infinity` = at once. */
  notBeforeMs: Millis;
  waitReason: 'retry-after' | 'backoff' | 'capacity';
  /** Since when it has been waiting for a deployment; `undefined` = it has not. */
  waitingSinceMs: Millis | undefined;
  lastFailure: Failure | undefined;
  lastDeployment: DeploymentIndex | undefined;
}

export interface HopOrigin {
  readonly resolution: ResolvedModel;
  readonly policy: RoutingPolicy;
  readonly overrides: Readonly<Record<string, unknown>> | undefined;
  readonly depth: number;
  readonly isOrderStep: boolean;
  readonly members: readonly DeploymentIndex[];
  readonly maxRetries: number;
}

export function createHop(origin: HopOrigin): Hop {
  const { resolution, policy, overrides, depth, isOrderStep, members, maxRetries } = origin;
  return {
    resolution,
    policy,
    overrides,
    depth,
    isOrderStep,
    members,
    candidates: members,
    attempts: 0,
    retries: 0,
    maxRetries: resolution.byId ? 0 : maxRetries,
    notBeforeMs: -Infinity,
    waitReason: 'backoff',
    waitingSinceMs: undefined,
    lastFailure: undefined,
    lastDeployment: undefined,
  };
}

/** Candidates that the config lets have traffic at all. */
export function inRotation(table: RoutingTable, candidates: readonly DeploymentIndex[]): DeploymentIndex[] {
  return candidates.filter((index) => {
    const deployment = table.deployments[index];
    return deployment !== undefined && deployment.outOfRotation === undefined;
  });
}

/** `order` levels behind that of the deployment tried last, ascending (1.106, 3.8); none without an attempt. */
export function laterOrders(table: RoutingTable, hop: Hop): number[] {
  if (hop.lastDeployment === undefined) return [];
  const current = orderOf(table, hop.policy, hop.lastDeployment);
  const orders = inRotation(table, hop.resolution.candidates).map((index) => orderOf(table, hop.policy, index));
  return [...new Set(orders)].filter((order) => order > current).toSorted((a, b) => a - b);
}
