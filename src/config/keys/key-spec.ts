// The shape of the tables of known keys. They are data so that one row drives validation, suggestions and the verdicts
// of `loadstone check`, and so that a feature that gets built changes one row.

/** What a value must be. Numbers and booleans may be written as text, as LiteLLM takes them; null is always "not set". */
export type ValueType =
  /** A whole number, 0 or more. */
  | 'count'
  /** A number, 0 or more. */
  | 'amount'
  /** Seconds, 0 or more. */
  | 'seconds'
  /** Any number. */
  | 'number'
  | 'boolean'
  /** Any scalar. */
  | 'text'
  /** A list of texts, or one text. */
  | 'texts'
  | 'list'
  | 'map'
  | 'any';

export interface KeySpec {
  readonly type: ValueType;
  readonly verdict: 'honoured' | 'mapped' | 'not supported';
  /** What the key comes to here; printed after `not supported yet: `. */
  readonly note: string | undefined;
}

export type KeyTable = ReadonlyMap<string, KeySpec>;

/** Rows of keys that do here what they do in LiteLLM, by the type of their value. */
export function honoured(rows: Readonly<Partial<Record<ValueType, readonly string[]>>>): [string, KeySpec][] {
  return Object.entries(rows).flatMap(([type, keys]) =>
    (keys ?? []).map((key): [string, KeySpec] => [
      key,
      { type: type as ValueType, verdict: 'honoured', note: undefined },
    ]),
  );
}

/** Rows of keys that are read but come to something else, or to nothing that matters here. */
export function mapped(rows: Readonly<Record<string, readonly [ValueType, string]>>): [string, KeySpec][] {
  return Object.entries(rows).map(([key, [type, note]]) => [key, { type, verdict: 'mapped', note }]);
}

/** Rows of keys of features that do not exist here yet, by what that means. */
export function notSupported(rows: Readonly<Record<string, readonly string[]>>): [string, KeySpec][] {
  return Object.entries(rows).flatMap(([note, keys]) =>
    keys.map((key): [string, KeySpec] => [key, { type: 'any', verdict: 'not supported', note }]),
  );
}
