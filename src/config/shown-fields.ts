// What the listings show of a deployment, as LiteLLM 1.106 answers `/model/info` (golden a15, a21, b16): parameters
// without secrets plus five flags of its own, and model_info with what the model table knows. Null fields are left out.
import { childOf, isNull, toPlain } from './config-node.ts';
import type { ConfigNode, MapNode, PlainValue } from './config-node.ts';
import type { ModelEntry } from './model-entries.ts';
import { withoutWrongTypes } from './check-section.ts';
import { INFO_KEYS, PARAM_KEYS } from './keys/deployment-keys.ts';
import { isSecretInfoKey, isSecretKey } from './secret-key.ts';

type Shown = Readonly<Record<string, PlainValue>>;

/** 1.106 shows these with every deployment. */
const ALWAYS_SHOWN: Shown = {
  allow_client_keepalive_override: false,
  use_in_pass_through: false,
  use_litellm_proxy: false,
  use_xai_oauth: false,
  merge_reasoning_content_in_choices: false,
};
/** Values from the environment may be secrets whatever their key; of these the operator and the clients know anyway. */
const SHOWN_FROM_ENVIRONMENT = new Set([
  'model',
  'api_base',
  'base_url',
  'api_version',
  'custom_llm_provider',
  'region_name',
  'rpm',
  'tpm',
  'itpm',
  'otpm',
  'weight',
  'order',
  'timeout',
  'stream_timeout',
  'max_tokens',
  'temperature',
  'mode',
  'base_model',
]);

/** `litellm_params` without secrets. Entry-level rpm and tpm are shown in here too, as LiteLLM copies them. */
export function shownParams({ params, entry }: ModelEntry): Shown {
  return { ...ALWAYS_SHOWN, ...shownEntry(entry), ...shownMap(withoutWrongTypes(params, PARAM_KEYS), isSecretKey) };
}

/** `rpm` and `tpm` that stand at the entry. */
export function shownEntry(entry: MapNode): Shown {
  const pairs = ['rpm', 'tpm'].map((key) => [key, childOf(entry, key)] as const);
  return Object.fromEntries(pairs.flatMap(([key, node]) => (node === undefined ? [] : [[key, toPlain(node)]])));
}

/** `model_info` over what the model table knows. */
export function shownInfo({ id, info }: ModelEntry, known: Readonly<Record<string, PlainValue>>): Shown {
  const fixed = { db_model: false, member_auto_router: false, pricing_overrides: [] };
  return { ...fixed, ...known, ...shownMap(withoutWrongTypes(info, INFO_KEYS), isSecretInfoKey), id };
}

function shownMap(map: MapNode, isSecret: (key: string) => boolean): Record<string, PlainValue> {
  const shown: Record<string, PlainValue> = {};
  for (const [key, entry] of map.entries) {
    if (isNull(entry.value) || isSecret(key) || isHiddenVariable(key, entry.value)) continue;
    shown[key] = shownValue(entry.value);
  }
  return shown;
}

function isHiddenVariable(key: string, node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.variable !== undefined && !SHOWN_FROM_ENVIRONMENT.has(key);
}

function shownValue(node: ConfigNode): PlainValue {
  if (node.kind === 'map') return shownMap(node, isSecretKey);
  if (node.kind === 'list') return node.items.map(shownValue);
  const value = toPlain(node);
  return typeof value === 'string' ? withoutUserInfo(value) : value;
}

/** `https://user:password@host/` shows the host only. */
function withoutUserInfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, '$1');
}
