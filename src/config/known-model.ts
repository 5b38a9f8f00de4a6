// What is known about a deployment's model: what the listings show of it (golden a15: `key`, `litellm_provider`, the
// window, prices, capabilities) and what routing takes from it.
import type { PlainValue } from './config-node.ts';
import type { KnownModel } from './deployment-fields.ts';
import type { ModelEntry } from './model-entries.ts';
import { textIn } from './read-value.ts';
import type { DeploymentSpec } from '../provider/types.ts';

export interface ModelKnowledge {
  readonly routing: KnownModel | undefined;
  readonly shown: Readonly<Record<string, PlainValue>>;
}

/** `base_model` names the model behind an opaque deployment; else it is the model string itself. */
export function readKnownModel({ params, info }: ModelEntry, spec: DeploymentSpec): ModelKnowledge {
  const name = textIn(info, 'base_model') ?? textIn(params, 'base_model') ?? textIn(params, 'model') ?? '';
  return { routing: undefined, shown: { key: name, litellm_provider: spec.provider } };
}
