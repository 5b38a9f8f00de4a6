// Environment references (`os.environ/NAME`) and the section `environment_variables`. Done on the tree before anything
// is read, because ids are made from the values after this step and because a value from the environment must stay
// marked: no message may ever print it.
import { childOf, isNull, keyText } from './config-node.ts';
import type { ConfigNode, MapEntry, MapNode, ScalarNode } from './config-node.ts';
import type { Findings } from './findings.ts';
import { readEnvironmentScalar } from './plain-scalar.ts';
import { pythonText } from './python-text.ts';

const PREFIX = 'os.environ/';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with `environment_variables` laid over it; their values may be references themselves. */
export function extendEnvironment(root: MapNode, env: Environment): Environment {
  const section = childOf(root, 'environment_variables');
  if (section?.kind !== 'map') return env;
  const added: Record<string, string> = {};
  for (const [name, entry] of section.entries) {
    if (entry.value.kind !== 'scalar' || isNull(entry.value)) continue;
    const variable = variableName(entry.value);
    const text = variable === undefined ? pythonText(entry.value) : env[variable];
    if (text !== undefined) added[name] = text;
  }
  return { ...env, ...added };
}

/**
 * Replaces every reference that is the value of a map, at any depth and in maps inside lists; a variable that is not
 * set becomes null. A reference that is itself an item of a list stays text, as in LiteLLM 1.106, with a warning.
 */
export function resolveReferences(root: MapNode, env: Environment, findings: Findings): MapNode {
  return new Resolver(env, findings).map(root, '');
}

/** Name of the variable that a scalar refers to. */
function variableName(node: ConfigNode): string | undefined {
  if (node.kind !== 'scalar' || node.scalar.type !== 'text' || !node.scalar.value.startsWith(PREFIX)) return undefined;
  return node.scalar.value.slice(PREFIX.length).trim() || undefined;
}

class Resolver {
  readonly #env: Environment;
  readonly #findings: Findings;

  constructor(env: Environment, findings: Findings) {
    this.#env = env;
    this.#findings = findings;
  }

  map(map: MapNode, where: string): MapNode {
    const entries = new Map<string, MapEntry>();
    for (const [key, entry] of map.entries) {
      const path = where === '' ? key : `${where}.${key}`;
      entries.set(key, { key: entry.key, value: this.#value(entry, path) });
    }
    return { ...map, entries };
  }

  #value({ key, value }: MapEntry, where: string): ConfigNode {
    const variable = variableName(value);
    if (variable === undefined || value.kind !== 'scalar') return this.#inside(value, where);
    const text = this.#env[variable];
    if (text !== undefined) return { ...value, scalar: readEnvironmentScalar(text), variable };
    this.#findings.warning(
      { place: value.place, where },
      `the environment variable ${variable} is not set: set it, or write the value of ${keyText(key.scalar)} here`,
    );
    return { ...value, scalar: { type: 'null' }, variable } satisfies ScalarNode;
  }

  #inside(node: ConfigNode, where: string): ConfigNode {
    if (node.kind === 'map') return this.map(node, where);
    if (node.kind === 'scalar') return node;
    return { ...node, items: node.items.map((item, index) => this.#item(item, `${where}[${index}]`)) };
  }

  #item(item: ConfigNode, where: string): ConfigNode {
    if (variableName(item) === undefined) return this.#inside(item, where);
    this.#findings.warning(
      { place: item.place, where },
      'os.environ/ is not read in a list of texts: it stays as written',
    );
    return item;
  }
}
