// What the filters that a plain config does not have need to know of one deployment: patterns for callers, and the
// output formats that its model is known not to give.
import { childOf } from './config-node.ts';
import type { Findings } from './findings.ts';
import type { ModelEntry } from './model-entries.ts';
import { booleanIn, textOf } from './read-value.ts';
import type { Deployment } from '../core/deployment.ts';
import type { ResponseFormat } from '../core/deployment.ts';
import type { ModelFacts } from '../provider/model-table.ts';
import { quirksOf } from '../provider/model-quirks.ts';
import type { DeploymentSpec } from '../provider/types.ts';

export type FilterFields = Pick<Deployment, 'tagPatterns' | 'allowFailOpen' | 'refusedFormats'>;

export interface FilterFieldSources {
  readonly entry: ModelEntry;
  readonly spec: DeploymentSpec;
  readonly facts: ModelFacts | undefined;
}

export function readFilterFields(sources: FilterFieldSources, findings: Findings): FilterFields {
  return {
    tagPatterns: readPatterns(sources.entry, findings),
    allowFailOpen: booleanIn(sources.entry.info, 'allow_fail_open') ?? false,
    refusedFormats: refusedFormats(sources),
  };
}

/** `tag_regex`: one that is none is left out, as in LiteLLM, and named. */
function readPatterns({ params, spot }: ModelEntry, findings: Findings): readonly RegExp[] {
  const node = childOf(params, 'tag_regex');
  const items = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  return items.flatMap((item) => {
    const pattern = compilePattern(textOf(item) ?? '');
    if (pattern !== undefined) return [pattern];
    findings.warning(
      { place: item.place, where: `${spot.where}.litellm_params.tag_regex` },
      'no regular expression that can be used here; it is left out',
    );
    return [];
  });
}

/** Python's notation where it differs in ordinary patterns: named groups, and `(?i)` in front. */
function compilePattern(text: string): RegExp | undefined {
  const ignoresCase = text.startsWith('(?i)');
  const source = (ignoresCase ? text.slice(4) : text).replaceAll('(?P<', '(?<');
  try {
    return text === '' ? undefined : new RegExp(source, ignoresCase ? 'i' : '');
  } catch {
    return undefined;
  }
}

const OPENAI_LIKE = new Set(['openai', 'azure']);
const BOTH: readonly ResponseFormat[] = ['json_object', 'json_schema'];
const SCHEMA: readonly ResponseFormat[] = ['json_schema'];

/** Nothing where the parameter is dropped or let through in any case, or where nothing is known of the model. */
function refusedFormats({ entry, spec, facts }: FilterFieldSources): readonly ResponseFormat[] {
  const allowed = spec.params['allowed_openai_params'];
  if (spec.dropParams || (Array.isArray(allowed) && allowed.includes('response_format'))) return [];
  const configured = booleanIn(entry.info, 'supports_response_schema');
  if (configured !== undefined) return configured ? [] : SCHEMA;
  if (OPENAI_LIKE.has(spec.provider) && quirksOf(spec.upstreamModel, 'chat').refuses.includes('response_format')) {
    return BOTH;
  }
  const isDescribed = facts !== undefined && facts.capabilities.size > 0;
  return isDescribed && !facts.capabilities.has('response_schema') ? SCHEMA : [];
}
