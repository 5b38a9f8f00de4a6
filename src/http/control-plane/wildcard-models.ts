// The models that a wildcard group stands for: those that the model table knows of its provider, named the way a
// client has to ask for them. Separate because listings and health checks both need a name for a `*`.
import type { ModelFacts } from '../../provider/model-table.ts';
import { lookupModel, modelNamesOf } from '../../provider/model-table.ts';

export interface WildcardModel {
  /** What a client asks for. */
  readonly id: string;
  /** What the provider calls it. */
  readonly upstreamModel: string;
  readonly facts: ModelFacts | undefined;
}

export interface WildcardSource {
  /** The group's name, with `*`. */
  readonly pattern: string;
  readonly provider: string;
  /** The deployment's own model; may have no `*`: then any name of the provider leads to it (1.106, golden g54). */
  readonly upstreamModel: string;
}

/** In alphabetical order of the table; empty for a provider that the table does not know, or with more than one `*`. */
export function wildcardModels({ pattern, provider, upstreamModel }: WildcardSource): WildcardModel[] {
  const parts = upstreamModel.split('*');
  if (parts.length > 2 || pattern.split('*').length !== 2) return [];
  const [before = '', after = ''] = upstreamModel.includes('*') ? parts : [];
  return namesOf(provider).flatMap((name) => {
    if (!name.startsWith(before) || !name.endsWith(after) || name.length < before.length + after.length) return [];
    const captured = name.slice(before.length, name.length - after.length);
    return [{ id: pattern.replace('*', () => captured), upstreamModel: name, facts: lookupModel(name, provider) }];
  });
}

/** Without the provider in front, which some of the table's names carry. */
function namesOf(provider: string): readonly string[] {
  const prefix = `${provider}/`;
  const bare = modelNamesOf(provider).map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  return [...new Set(bare)];
}
