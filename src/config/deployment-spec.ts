// What a provider gets to compile: the parameters of the entry without the router's own, filled up from a named
// credential and from `default_litellm_params`, and the provider that the model string names.
import { withoutWrongTypes } from './check-section.ts';
import { childOf } from './config-node.ts';
import type { ConfigNode, MapNode, PlainValue } from './config-node.ts';
import { PARAM_KEYS, ROUTER_ONLY_PARAMS } from './keys/deployment-keys.ts';
import type { ModelEntry } from './model-entries.ts';
import { booleanIn, plainMap, textIn } from './read-value.ts';

/** Parameters that several deployments share. */
export interface SharedParams {
  /** `credential_list`: values by credential name. */
  readonly credentials: ReadonlyMap<string, MapNode>;
  /** `router_settings.default_litellm_params`. */
  readonly defaults: Readonly<Record<string, PlainValue>>;
  /** `litellm_settings.drop_params`. */
  readonly dropParams: boolean;
}

/** Of the defaults these are the router's business (times) or meaningless to a provider. */
const NOT_A_DEFAULT = new Set([...ROUTER_ONLY_PARAMS, 'model', 'metadata']);

export function readSharedParams(root: MapNode): SharedParams {
  const defaults = childOf(childOf(root, 'router_settings'), 'default_litellm_params');
  const all = defaults?.kind === 'map' ? plainMap(defaults) : {};
  return {
    credentials: readCredentials(childOf(root, 'credential_list')),
    defaults: Object.fromEntries(Object.entries(all).filter(([key]) => !NOT_A_DEFAULT.has(key))),
    dropParams: booleanIn(childOf(root, 'litellm_settings'), 'drop_params') ?? false,
  };
}

function readCredentials(list: ConfigNode | undefined): ReadonlyMap<string, MapNode> {
  const named = new Map<string, MapNode>();
  for (const item of list?.kind === 'list' ? list.items : []) {
    const name = textIn(item, 'credential_name');
    const values = childOf(item, 'credential_values');
    if (name !== undefined && values?.kind === 'map') named.set(name, values);
  }
  return named;
}

/** Whether the entry names a credential that `credential_list` does not have. */
export function lacksCredential({ params }: ModelEntry, { credentials }: SharedParams): boolean {
  const name = textIn(params, 'litellm_credential_name');
  return name !== undefined && !credentials.has(name);
}

/** Parameters of a call: own ones first, then the credential's, then the defaults. `base_url` is another `api_base`. */
export function callParams(entry: ModelEntry, shared: SharedParams): Readonly<Record<string, PlainValue>> {
  const credential = shared.credentials.get(textIn(entry.params, 'litellm_credential_name') ?? '');
  const merged = {
    ...shared.defaults,
    ...(credential === undefined ? {} : plainMap(credential)),
    ...plainMap(withoutWrongTypes(entry.params, PARAM_KEYS)),
  };
  const params = Object.fromEntries(Object.entries(merged).filter(([key]) => !ROUTER_ONLY_PARAMS.has(key)));
  if (params['api_base'] === undefined && params['base_url'] !== undefined) params['api_base'] = params['base_url'];
  delete params['base_url'];
  return params;
}
