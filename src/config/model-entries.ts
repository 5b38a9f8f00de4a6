// `model_list` item by item: what an entry must have, which entries this environment leaves out, and the copies that a
// list of organizations stands for. What comes out is complete in form; whether it can be called is decided later.
import { childOf, emptyMap } from './config-node.ts';
import type { ConfigNode, MapNode } from './config-node.ts';
import { deploymentId } from './deployment-id.ts';
import type { Environment } from './environment.ts';
import type { Findings, Spot } from './findings.ts';
import { textIn, textOf, textsIn } from './read-value.ts';

/** One deployment to be: an entry of `model_list`, or one organization of it. */
export interface ModelEntry {
  readonly group: string;
  readonly id: string;
  readonly entry: MapNode;
  readonly params: MapNode;
  readonly info: MapNode;
  readonly spot: Spot;
}

/** All entries that apply here, in config order. Broken ones are errors; 1.106 does not start with them either. */
export function readModelEntries(root: MapNode, env: Environment, findings: Findings): readonly ModelEntry[] {
  const list = childOf(root, 'model_list');
  if (list === undefined || (list.kind === 'list' && list.items.length === 0)) {
    const place = list?.place ?? root.place;
    findings.warning({ place, where: 'model_list' }, 'there are no models: every request will be refused');
  }
  if (list?.kind !== 'list') return [];
  return list.items.flatMap((item, index) => {
    const entry = readEntry(item, { place: item.place, where: `model_list[${index}]` }, findings);
    return entry !== undefined && belongsHere(entry, env, findings) ? perOrganization(entry) : [];
  });
}

function readEntry(item: ConfigNode, spot: Spot, findings: Findings): ModelEntry | undefined {
  if (item.kind !== 'map') {
    findings.error(spot, 'must be a map with model_name and litellm_params');
    return undefined;
  }
  const group = textOf(childOf(item, 'model_name'));
  const params = childOf(item, 'litellm_params');
  if (group === undefined) findings.error(spot, 'model_name is missing: the name that clients ask for');
  if (params === undefined) findings.error(spot, 'litellm_params is missing: it says which model to call, and how');
  if (group === undefined || params?.kind !== 'map') return undefined;
  if (!params.entries.has('model')) {
    findings.error({ place: params.place, where: `${spot.where}.litellm_params` }, 'model is missing: provider/name');
    return undefined;
  }
  const info = childOf(item, 'model_info');
  return {
    group,
    id: textIn(info, 'id') ?? deploymentId(group, params),
    entry: item,
    params,
    info: info?.kind === 'map' ? info : emptyMap(item.place),
    spot,
  };
}

/** `model_info.supported_environments` against the variable `LITELLM_ENVIRONMENT`. */
function belongsHere({ info, spot }: ModelEntry, env: Environment, findings: Findings): boolean {
  const node = childOf(info, 'supported_environments');
  if (node === undefined) return true;
  const here = env['LITELLM_ENVIRONMENT'];
  if (here !== undefined && here !== '') return textsIn(info, 'supported_environments').includes(here);
  findings.warning(
    { place: node.place, where: `${spot.where}.model_info.supported_environments` },
    'LITELLM_ENVIRONMENT is not set: this deployment is left out',
  );
  return false;
}

/** A list of organizations is one deployment for each, all with the id of the list (LiteLLM 1.106, reference 1.5c). */
function perOrganization(entry: ModelEntry): ModelEntry[] {
  const list = childOf(entry.params, 'organization');
  if (list?.kind !== 'list') return [entry];
  return list.items.map((value) => {
    const entries = new Map(entry.params.entries);
    const old = entries.get('organization');
    if (old !== undefined) entries.set('organization', { key: old.key, value });
    return { ...entry, params: { ...entry.params, entries } };
  });
}
