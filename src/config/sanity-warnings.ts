// Configs that are correct and still not what somebody meant: a weight forgotten in a weighted group, limits that let
// nothing through. Warnings only.
import { childOf } from './config-node.ts';
import type { Findings } from './findings.ts';
import type { ModelEntry } from './model-entries.ts';
import { numberIn } from './read-value.ts';
import type { Deployment } from '../core/deployment.ts';

export interface SeenDeployment {
  readonly entry: ModelEntry;
  readonly deployment: Deployment;
}

/** DESIGN 7: a deployment without `weight` beside weighted ones gets their mean weight; LiteLLM gives it no traffic. */
export function warnAboutMissingWeights(seen: readonly SeenDeployment[], findings: Findings): void {
  for (const [group, members] of Map.groupBy(seen, ({ deployment }) => deployment.group)) {
    if (!members.some(({ deployment }) => (deployment.weight ?? 0) > 0)) continue;
    for (const { entry, deployment } of members) {
      if (deployment.weight !== undefined) continue;
      findings.warning(
        { place: entry.params.place, where: `${entry.spot.where}.litellm_params` },
        `no weight, while others of group "${group}" have one: the mean of theirs is used`,
      );
    }
  }
}

/** DESIGN 6: limits under which the deployment cannot answer even one request of its own default size. */
export function warnAboutImpossibleLimits(seen: readonly SeenDeployment[], findings: Findings): void {
  for (const { entry, deployment } of seen) {
    const { rpm, tpm, otpm, maxParallelRequests } = deployment.limits;
    const where = `${entry.spot.where}.litellm_params`;
    const limits = { rpm, tpm, otpm, max_parallel_requests: maxParallelRequests };
    for (const [key, limit] of Object.entries(limits)) {
      if (limit !== 0) continue;
      const place = childOf(entry.params, key)?.place ?? entry.spot.place;
      findings.warning({ place, where: `${where}.${key}` }, '0 lets no request through: leave it out for no limit');
    }
    const answerTokens = numberIn(entry.params, 'max_tokens') ?? 0;
    const tokenLimit = Math.min(tpm || Number.POSITIVE_INFINITY, otpm || Number.POSITIVE_INFINITY);
    if (answerTokens <= tokenLimit) continue;
    findings.warning(
      { place: childOf(entry.params, 'max_tokens')?.place ?? entry.spot.place, where: `${where}.max_tokens` },
      `one answer may be longer (${answerTokens} tokens) than the limit for a minute (${tokenLimit})`,
    );
  }
}
