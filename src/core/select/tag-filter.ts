// Tag routing (`enable_tag_filtering`): which deployments a request's tags allow. Decided from the config and the
// request alone, before health: a tag whose deployments are all cooling is a shortage, not a forbidden model.
// The rules are LiteLLM 1.106's (reference 3.7): `!` excludes, `&` demands, plain tags and a User-Agent choose.
import type { Deployment } from '../deployment.ts';
import type { DeploymentIndex } from '../units.ts';

const DEFAULT_TAG = 'default';

/**
 * `all`: whoever the `!` and `&` tags leave. `matching`: of those, the ones that match. `default`: of those, the ones
 * tagged `default`. `open-default` and `open`: the same without `!` and `&`, which nobody could satisfy
 * (`allow_fail_open`). `none`: no deployment may serve these tags (LiteLLM answers 401).
 */
export type TagMode = 'all' | 'matching' | 'default' | 'open-default' | 'open' | 'none';

/** The tags of a request, taken apart. */
export interface TagRequest {
  readonly plain: readonly string[];
  /** Written `&tag`. */
  readonly required: readonly string[];
  /** Written `!tag`. */
  readonly excluded: readonly string[];
  /** Came with `tag_routing_prefix`: meant for routing even if no deployment carries them. */
  readonly confirmed: ReadonlySet<string>;
  /** true: any plain tag is enough; false: all are needed. */
  readonly matchAny: boolean;
  /** `User-Agent: <value>`, what `tag_regex` is held against; `undefined` = not known. */
  readonly userAgent: string | undefined;
}

interface TagSource {
  readonly tags: readonly string[];
  readonly prefix: string;
  readonly matchAny: boolean;
  readonly userAgent: string | undefined;
}

export function readTags({ tags, prefix, matchAny, userAgent }: TagSource): TagRequest {
  const meant =
    prefix === '' ? [] : tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
  const bare = prefix === '' ? tags : [...meant, ...tags.filter((tag) => !tag.startsWith(prefix))];
  const behind = (mark: string): string[] =>
    bare.filter((tag) => tag.startsWith(mark) && tag.length > 1).map((tag) => tag.slice(1));
  return {
    plain: bare.filter((tag) => !tag.startsWith('!') && !tag.startsWith('&')),
    required: behind('&'),
    excluded: behind('!'),
    confirmed: new Set(meant.map((tag) => tag.replace(/^[!&]/, ''))),
    matchAny,
    userAgent: userAgent === undefined ? undefined : `User-Agent: ${userAgent}`,
  };
}

/** What the tags of a request mean for a group. */
export function tagMode(
  request: TagRequest,
  deployments: readonly Deployment[],
  candidates: readonly DeploymentIndex[],
): TagMode {
  const group = candidates
    .flatMap((index) => deployments[index] ?? [])
    .filter(({ outOfRotation }) => outOfRotation === undefined);
  if (group.length === 0) return 'all';
  const left = group.filter((deployment) => isLeft(deployment, request));
  return chooses(request, left) ? choiceMode(request, group, left) : constraintMode(request, group, left);
}

/** Something says which deployment is wanted, not only which are not. */
function chooses({ plain, required, userAgent }: TagRequest, left: readonly Deployment[]): boolean {
  if (plain.length > 0) return true;
  return userAgent !== undefined && required.length === 0 && left.some(({ tagPatterns }) => tagPatterns.length > 0);
}

function choiceMode(request: TagRequest, group: readonly Deployment[], left: readonly Deployment[]): TagMode {
  if (left.some((deployment) => matches(deployment, request))) return 'matching';
  const isKnown = request.plain.some((tag) => request.confirmed.has(tag) || carriesAny(group, tag));
  return !isKnown && left.some(isDefault) ? 'default' : exhausted(request, group);
}

function constraintMode(request: TagRequest, group: readonly Deployment[], left: readonly Deployment[]): TagMode {
  if (request.required.length > 0) return left.length > 0 ? 'all' : exhausted(request, group);
  const pool = group.some(isDefault) ? left.filter(isDefault) : left;
  if (pool.length === 0) return exhausted(request, group);
  return group.some(isDefault) ? 'default' : 'all';
}

/** Nobody is left. Only what `!` and `&` tags took away is given back, and only where the group allows it. */
function exhausted(request: TagRequest, group: readonly Deployment[]): TagMode {
  const { required, excluded } = request;
  if (required.length === 0 && excluded.length === 0) return 'none';
  if (!group.some(({ allowFailOpen }) => allowFailOpen) || hidesAnAnswer(request, group)) return 'none';
  return group.some(isDefault) ? 'open-default' : 'open';
}

/** A made-up `&` tag beside real ones must not free a request from the real ones (1.106). */
function hidesAnAnswer(request: TagRequest, group: readonly Deployment[]): boolean {
  const known = request.required.filter((tag) => request.confirmed.has(tag) || carriesAny(group, tag));
  if (known.length === 0 || known.length === request.required.length) return false;
  return group.some((deployment) => isLeft(deployment, { ...request, required: known }));
}

/** Whether a deployment may serve a request under the group's mode. */
export function passesTags(deployment: Deployment, request: TagRequest, mode: TagMode): boolean {
  switch (mode) {
    case 'none':
      return false;
    case 'open':
      return true;
    case 'open-default':
      return isDefault(deployment);
    case 'all':
      return isLeft(deployment, request);
    case 'default':
      return isLeft(deployment, request) && isDefault(deployment);
    case 'matching':
      return isLeft(deployment, request) && matches(deployment, request);
  }
}

function carriesAny(group: readonly Deployment[], tag: string): boolean {
  return group.some(({ tags }) => tags.includes(tag));
}

function isDefault({ tags }: Deployment): boolean {
  return tags.includes(DEFAULT_TAG);
}

/** `!` and `&` tags leave it. */
function isLeft({ tags }: Deployment, { excluded, required }: Pick<TagRequest, 'excluded' | 'required'>): boolean {
  return !excluded.some((tag) => tags.includes(tag)) && required.every((tag) => tags.includes(tag));
}

/** A regular expression cannot speak against plain tags that are all demanded (1.106). */
function matches({ tags, tagPatterns }: Deployment, request: TagRequest): boolean {
  const { plain, matchAny, userAgent } = request;
  if (plain.length > 0 && tags.length > 0) {
    const carries = (tag: string): boolean => tags.includes(tag);
    if (matchAny ? plain.some(carries) : plain.every(carries)) return true;
  }
  if (userAgent === undefined || (!matchAny && tags.length > 0)) return false;
  return tagPatterns.some((pattern) => pattern.test(userAgent));
}
