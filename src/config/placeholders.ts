// Values that somebody still has to fill in: `<your-azure-endpoint>` from a document, `${NAME}` from a template that
// was not run. They would only fail at the provider, so the deployment stays out of rotation and the start says why.
import { childOf } from './config-node.ts';
import type { MapNode, Place } from './config-node.ts';
import { textOf } from './read-value.ts';

const ANGLE_BRACKETS = /<[^<>\s/][^<>]*>/;
const SHELL_VARIABLE = /\$\{[^{}]*\}/;

/** What belongs there, by key. */
const FILL_IN: Readonly<Record<string, string>> = {
  model: 'the name of the model or deployment',
  api_base: "the provider's endpoint",
  base_url: "the provider's endpoint",
  api_key: 'the key',
  api_version: 'the version',
  organization: 'the organization',
  azure_ad_token: 'the token',
  tenant_id: 'the tenant',
  client_id: 'the client id',
  client_secret: 'the client secret',
};

export interface Placeholder {
  readonly key: string;
  readonly place: Place;
  readonly message: string;
}

/** The first parameter that is still a placeholder. */
export function findPlaceholder(params: MapNode): Placeholder | undefined {
  for (const [key, wanted] of Object.entries(FILL_IN)) {
    const node = childOf(params, key);
    const text = textOf(node);
    if (node === undefined || text === undefined) continue;
    if (ANGLE_BRACKETS.test(text))
      return { key, place: node.place, message: `still a placeholder: put ${wanted} here` };
    if (!SHELL_VARIABLE.test(text)) continue;
    return { key, place: node.place, message: `\${...} is not read: write os.environ/NAME, or ${wanted} itself` };
  }
  return undefined;
}
