// Walks the whole file once and holds every section against its table of known keys. Separate from reading, so that a
// value can be named as wrong exactly once and the readers stay free of complaints.
import { checkSection, complainWithSuggestion, wrongType } from './check-section.ts';
import type { UnknownKeys } from './check-section.ts';
import { childOf } from './config-node.ts';
import type { ConfigNode, MapEntry, MapNode } from './config-node.ts';
import type { Findings, Spot } from './findings.ts';
import { CALL_PARAMS, ENTRY_KEYS, INFO_KEYS, PARAM_KEYS } from './keys/deployment-keys.ts';
import { GENERAL_KEYS, TOP_LEVEL_KEYS } from './keys/general-keys.ts';
import { BUILT_CALLBACKS, CALLBACK_LISTS, LITELLM_KEYS } from './keys/litellm-keys.ts';
import type { KeyTable } from './keys/key-spec.ts';
import { REDIS_KEYS } from './keys/redis-keys.ts';
import { KEYS_OF_GENERAL_SETTINGS, ROUTER_KEYS } from './keys/router-keys.ts';
import { editDistance, nearestKey } from './nearest-key.ts';
import { textsOf } from './read-value.ts';

const SECTIONS = { router_settings: ROUTER_KEYS, litellm_settings: LITELLM_KEYS, general_settings: GENERAL_KEYS };
type SectionName = keyof typeof SECTIONS;

/** A verdict for every key, a problem for every key that will not be as it says. */
export function checkSections(root: MapNode, findings: Findings): void {
  checkSection(
    root,
    { where: '', table: TOP_LEVEL_KEYS, unknown: complainWithSuggestion(TOP_LEVEL_KEYS, SECTIONS) },
    findings,
  );
  for (const name of Object.keys(SECTIONS) as SectionName[]) checkSettings(name, root, findings);
  const models = childOf(root, 'model_list');
  if (models?.kind !== 'list') return;
  const unknown = { entry: entryKeys(), params: remembered(callParameters()), info: remembered(freeInfo()) };
  models.items.forEach((item, index) => checkEntry(item, { where: `model_list[${index}]`, unknown }, findings));
}

function checkSettings(name: SectionName, root: MapNode, findings: Findings): void {
  const section = childOf(root, name);
  if (section?.kind !== 'map') return;
  const special = name === 'router_settings' ? refusedKeys(section, findings) : builtCallbacks(name, section, findings);
  const rest = new Map([...section.entries].filter(([key]) => !special.has(key)));
  const elsewhere = Object.fromEntries(Object.entries(SECTIONS).filter(([other]) => other !== name));
  const unknown = complainWithSuggestion(SECTIONS[name], elsewhere);
  checkSection({ ...section, entries: rest }, { where: name, table: SECTIONS[name], unknown }, findings);
  checkPart(section, { name: REDIS_BLOCK[name], where: name, table: REDIS_KEYS, unknown: redisKeys(name) }, findings);
}

/** Where each section may name a Redis. */
const REDIS_BLOCK: Readonly<Record<SectionName, string>> = {
  router_settings: 'cache_kwargs',
  litellm_settings: 'cache_params',
  general_settings: 'coordination_redis',
};

/** Most keys of a cache that is not there mean nothing here, whatever its type. */
function redisKeys(name: SectionName): UnknownKeys {
  if (name !== 'litellm_settings') return complainWithSuggestion(REDIS_KEYS, {});
  return { note: 'answers are not cached', complaint: () => undefined };
}

/** LiteLLM 1.106 does not start with these here. */
function refusedKeys(section: MapNode, findings: Findings): ReadonlySet<string> {
  const refused = KEYS_OF_GENERAL_SETTINGS.filter((key) => section.entries.has(key));
  for (const key of refused) {
    const spot = { place: section.entries.get(key)?.key.place ?? section.place, where: `router_settings.${key}` };
    findings.verdict(spot, 'unknown', 'belongs in general_settings');
    findings.error(spot, 'this key belongs in general_settings');
  }
  return new Set(refused);
}

/** A list of callbacks that are all served (prometheus) is honoured; the others are named one by one. */
function builtCallbacks(name: SectionName, section: MapNode, findings: Findings): ReadonlySet<string> {
  if (name !== 'litellm_settings') return new Set();
  const lists = [...CALLBACK_LISTS].filter((key) => childOf(section, key) !== undefined);
  for (const key of lists) {
    const entry = section.entries.get(key);
    if (entry !== undefined) checkCallbacks(entry, { place: entry.key.place, where: `${name}.${key}` }, findings);
  }
  return new Set(lists);
}

function checkCallbacks(entry: MapEntry, spot: Spot, findings: Findings): void {
  const missing = textsOf(entry.value).filter((callback) => !BUILT_CALLBACKS.has(callback));
  if (missing.length === 0) {
    findings.verdict(spot, 'honoured');
    return;
  }
  const note = `nothing is sent to ${missing.join(', ')}; requests are in the log and in /metrics`;
  findings.verdict(spot, 'not supported', note);
  findings.warning(spot, `not supported yet: ${note}`);
}

interface EntryCheck {
  readonly where: string;
  readonly unknown: { readonly entry: UnknownKeys; readonly params: UnknownKeys; readonly info: UnknownKeys };
}

function checkEntry(item: ConfigNode, { where, unknown }: EntryCheck, findings: Findings): void {
  if (item.kind !== 'map') return;
  checkSection(item, { where, table: ENTRY_KEYS, unknown: unknown.entry }, findings);
  checkPart(item, { name: 'litellm_params', where, table: PARAM_KEYS, unknown: unknown.params }, findings);
  const info = { name: 'model_info', where, table: INFO_KEYS, unknown: unknown.info, wrongTypes: 'warning' } as const;
  checkPart(item, info, findings);
}

/** The same keys come back in every entry: a hundred entries would search for their neighbours a hundred times. */
function remembered({ note, complaint }: UnknownKeys): UnknownKeys {
  const known = new Map<string, string | undefined>();
  return {
    note,
    complaint: (key) => {
      if (!known.has(key)) known.set(key, complaint(key));
      return known.get(key);
    },
  };
}

interface PartCheck {
  readonly name: string;
  readonly where: string;
  readonly table: KeyTable;
  readonly unknown: UnknownKeys;
  readonly wrongTypes?: 'warning';
}

function checkPart(item: MapNode, { name, where, ...check }: PartCheck, findings: Findings): void {
  const part = childOf(item, name);
  if (part?.kind !== 'map') return;
  checkSection(part, { where: `${where}.${name}`, ...check }, findings);
  // A list of organizations stands for several deployments; every other form of it is text.
  const organization = childOf(part, 'organization');
  if (organization === undefined || name !== 'litellm_params') return;
  const complaint = wrongType(organization, 'texts');
  if (complaint !== undefined)
    findings.error({ place: organization.place, where: `${where}.${name}.organization` }, complaint);
}

function entryKeys(): UnknownKeys {
  return complainWithSuggestion(ENTRY_KEYS, { litellm_params: PARAM_KEYS, model_info: INFO_KEYS });
}

/** Any key is a default parameter of the call, unless it is one slip away from a known key. */
function callParameters(): UnknownKeys {
  return {
    note: 'default parameter of the call',
    complaint: (key) => {
      if (CALL_PARAMS.has(key) || /^(?:aws|vertex|azure|watsonx|s3|gemini)_/.test(key)) return undefined;
      const nearest = nearestKey(key, [...PARAM_KEYS.keys(), ...CALL_PARAMS]);
      if (nearest === undefined || editDistance(key, nearest) > 2 || nearest.length < 4) return undefined;
      return `not a known parameter, it is sent to the provider as it is (did you mean "${nearest}"?)`;
    },
  };
}

/** `model_info` may hold anything; only a slip of one letter in a key that matters is worth a word. */
function freeInfo(): UnknownKeys {
  return {
    note: 'shown in the listings',
    complaint: (key) => {
      const nearest = nearestKey(key, INFO_KEYS.keys());
      if (nearest === undefined || nearest.length < 5 || editDistance(key, nearest) > 1) return undefined;
      return `not a known key, it is only shown in the listings (did you mean "${nearest}"?)`;
    },
  };
}
