// Reads typed values out of the tree as leniently as LiteLLM does (a number may be a string), and never reports: the
// check of the section has already named every value of the wrong type, and what is wrong reads as not set.
import { childOf, toPlain } from './config-node.ts';
import type { ConfigNode, MapNode, PlainValue } from './config-node.ts';

type Section = ConfigNode | undefined;

/** A finite number, also when written as text (`'6'`, `1e-7`, `1_000`). */
export function numberOf(node: ConfigNode | undefined): number | undefined {
  if (node?.kind !== 'scalar') return undefined;
  const { scalar } = node;
  if (scalar.type === 'integer' || scalar.type === 'float') return finite(scalar.value);
  return scalar.type === 'text' ? numberFromText(scalar.value) : undefined;
}

/** Python's `float(text)` for finite numbers. */
export function numberFromText(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)([eE][-+]?\d+)?$/.test(trimmed)) return undefined;
  return finite(Number(trimmed.replaceAll('_', '')));
}

/** true or false, also as text. */
export function booleanOf(node: ConfigNode | undefined): boolean | undefined {
  if (node?.kind !== 'scalar') return undefined;
  const { scalar } = node;
  if (scalar.type === 'boolean') return scalar.value;
  if (scalar.type === 'integer') return scalar.value === 1 ? true : scalar.value === 0 ? false : undefined;
  return scalar.type === 'text' ? BOOLEAN_WORDS[scalar.value.trim().toLowerCase()] : undefined;
}

const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** The scalar as text; a list, a map and null have none. */
export function textOf(node: ConfigNode | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.scalar.type === 'null') return undefined;
  return node.scalar.type === 'integer' ? node.scalar.exact : String(node.scalar.value);
}

/** A list of texts; one text stands for a list of one. */
export function textsOf(node: ConfigNode | undefined): readonly string[] {
  if (node?.kind === 'list') return node.items.map(textOf).filter((text) => text !== undefined);
  const text = textOf(node);
  return text === undefined ? [] : [text];
}

export function numberIn(section: Section, key: string): number | undefined {
  return numberOf(childOf(section, key));
}

/** A number that is not negative. */
export function amountIn(section: Section, key: string): number | undefined {
  const number = numberIn(section, key);
  return number === undefined || number < 0 ? undefined : number;
}

export function booleanIn(section: Section, key: string): boolean | undefined {
  return booleanOf(childOf(section, key));
}

/** Text that is not empty. */
export function textIn(section: Section, key: string): string | undefined {
  return textOf(childOf(section, key)) || undefined;
}

export function textsIn(section: Section, key: string): readonly string[] {
  return textsOf(childOf(section, key));
}

/** Seconds in the config, milliseconds here. */
export function millisIn(section: Section, key: string): number | undefined {
  const seconds = amountIn(section, key);
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** The same, where LiteLLM tests for truth: 0 counts as not set. */
export function truthyMillisIn(section: Section, key: string): number | undefined {
  return millisIn(section, key) || undefined;
}

/** The map without its null values, as plain data. */
export function plainMap(map: MapNode): Readonly<Record<string, PlainValue>> {
  const pairs = [...map.entries].map(([key, entry]) => [key, toPlain(entry.value)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== null));
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
