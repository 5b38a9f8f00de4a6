// Tag routing (`enable_tag_filtering`): which deployments a request's tags allow. Decided from the config and the
// request alone, before health: a tag whose deployments are all cooling is a shortage, not a forbidden model.
import type { Deployment } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';

const DEFAULT_TAG = 'default';

/**
 * `all`: no restriction. `matching`: those that match. `default`: those tagged `default`. `none`: no deployment may
 * serve these tags (LiteLLM answers 401).
 */
export type TagMode = 'all' | 'matching' | 'default' | 'none';

export interface TagRequest {
  /** Plain tags, `!tag` excludes, `&tag` must be there (LiteLLM 1.106, 3.7b). */
  readonly tags: readonly string[];
  /** true: any plain tag is enough; false: all are needed. */
  readonly matchAny: boolean;
}

/** What the tags of a request mean for a group. */
export function tagMode(
  request: TagRequest,
  deployments: readonly Deployment[],
  candidates: readonly DeploymentIndex[],
): TagMode {
  const selecting = request.tags.some((tag) => !tag.startsWith('!'));
  let hasDefault = false;
  let inRotation = 0;
  let allowed = 0;
  for (const index of candidates) {
    const deployment = deployments[index];
    if (deployment === undefined || deployment.outOfRotation !== undefined) continue;
    inRotation++;
    if (excluded(deployment, request)) continue;
    if (selecting && matches(deployment, request)) return 'matching';
    hasDefault ||= deployment.tags.includes(DEFAULT_TAG);
    allowed++;
  }
  if (hasDefault) return 'default';
  return inRotation > 0 && (selecting || allowed === 0) ? 'none' : 'all';
}

/** Whether a deployment may serve a request under the group's mode. */
export function passesTags(deployment: Deployment, request: TagRequest, mode: TagMode): boolean {
  if (mode === 'none' || excluded(deployment, request)) return false;
  if (mode === 'all') return true;
  return mode === 'matching' ? matches(deployment, request) : deployment.tags.includes(DEFAULT_TAG);
}

function excluded(deployment: Deployment, request: TagRequest): boolean {
  return request.tags.some((tag) => tag.startsWith('!') && deployment.tags.includes(tag.slice(1)));
}

function matches(deployment: Deployment, request: TagRequest): boolean {
  let plain = 0;
  let found = 0;
  for (const tag of request.tags) {
    if (tag.startsWith('!')) continue;
    if (tag.startsWith('&')) {
      if (!deployment.tags.includes(tag.slice(1))) return false;
      continue;
    }
    plain++;
    if (deployment.tags.includes(tag)) found++;
  }
  if (plain === 0) return true;
  return request.matchAny ? found > 0 : found === plain;
}
