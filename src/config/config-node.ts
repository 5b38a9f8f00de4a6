// The tree that a config file becomes: typed scalars as Python would have them, and the place of everything, so that
// each finding can say file:line:column. It is kept apart from plain values because ids hash Python's text forms
// (1.0 is not 1) and because values from the environment must never be printed.

/** Where something stands in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A typed scalar value. `exact` of an integer is its decimal text, which may be longer than a number can hold. */
export type ScalarValue =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: number; readonly exact: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'text'; readonly value: string };

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly scalar: ScalarValue;
  readonly place: Place;
  /** Name of the environment variable that the value came from (or, for null, that is not set). */
  readonly variable: string | undefined;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
  readonly place: Place;
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: ConfigNode;
}

/** Entries by key text, in the order in which Python's dict would hold them. */
export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly place: Place;
}

export type ConfigNode = ScalarNode | ListNode | MapNode;

/** JSON-like value: what providers and listings get. */
export type PlainValue = null | boolean | number | string | PlainValue[] | { [key: string]: PlainValue };

/** A map without entries, for a section that is not there. */
export function emptyMap(place: Place): MapNode {
  return { kind: 'map', entries: new Map(), place };
}

/** The value under `key`; null counts as not there (LiteLLM reads an empty value as unset). */
export function childOf(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  if (node?.kind !== 'map') return undefined;
  const value = node.entries.get(key)?.value;
  return value === undefined || isNull(value) ? undefined : value;
}

export function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.scalar.type === 'null';
}

/** Name of the key as JSON would print it: `yes: 1` has the key `true`. */
export function keyText(key: ScalarValue): string {
  switch (key.type) {
    case 'null':
      return 'null';
    case 'integer':
      return key.exact;
    default:
      return String(key.value);
  }
}

/** The node as plain data, null values included. */
export function toPlain(node: ConfigNode): PlainValue {
  if (node.kind === 'list') return node.items.map(toPlain);
  if (node.kind === 'map')
    return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
  return node.scalar.type === 'null' ? null : node.scalar.value;
}
