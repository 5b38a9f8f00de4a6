// The top-level members of a scanned JSON object: which keys, and where their bytes are. Separate from the scan because
// the body keeps it and the scan ends.

/** Up to so many keys a linear search beats a map; above, a map keeps the duplicate check from going quadratic. */
const LINEAR_KEYS = 16;

/** Numbers a member in `spans`: the key's opening quote, the value's first byte, the end of the value. */
const SPAN = 3;

export interface KeyBytes {
  /** Offset of the opening quote. */
  readonly start: number;
  /** Escaped keys are decoded and repeated ones not looked for. */
  readonly anyKeys: boolean;
}

/** All offsets count bytes from the start of the first chunk. */
export class MemberTable {
  /** In the order of the text. */
  readonly keys: string[] = [];
  /** The byte after the opening brace; 0 = the text is not an object. */
  bodyStart = 0;
  readonly #spans: number[] = [];
  #index: Map<string, number> | undefined;

  /** `false` = a key that only JSON.parse may judge: escaped, with a control character, or there already. */
  add(key: string, bytes: KeyBytes): boolean {
    const name = bytes.anyKeys ? unescapedKey(key) : key;
    if (!bytes.anyKeys && (!isPlainKey(name) || this.indexOf(name) >= 0)) return false;
    this.#index?.set(name, this.keys.length);
    this.keys.push(name);
    this.#spans.push(bytes.start, 0, 0);
    return true;
  }

  /** The first value to start after a key is that key's; the values inside it are not noted. */
  valueStarts(offset: number): void {
    const slot = this.#spans.length - 2;
    if (slot > 0 && this.#spans[slot] === 0) this.#spans[slot] = offset;
  }

  valueEnds(offset: number): void {
    this.#spans[this.#spans.length - 1] = offset;
  }

  /** Position of a key, -1 when absent. */
  indexOf(key: string): number {
    const { keys } = this;
    if (keys.length <= LINEAR_KEYS) return keys.indexOf(key);
    this.#index ??= new Map(keys.map((name, index) => [name, index]));
    return this.#index.get(key) ?? -1;
  }

  keyStart(index: number): number {
    return this.#spans[index * SPAN] ?? 0;
  }

  valueStart(index: number): number {
    return this.#spans[index * SPAN + 1] ?? 0;
  }

  valueEnd(index: number): number {
    return this.#spans[index * SPAN + 2] ?? 0;
  }
}

function unescapedKey(key: string): string {
  if (!key.includes('\\')) return key;
  try {
    return String(JSON.parse(`"${key}"`));
  } catch {
    return key;
  }
}

/** No escape and no control character: the key is what its bytes say. */
function isPlainKey(key: string): boolean {
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    if (code < 0x20 || code === 0x5c) return false;
  }
  return true;
}
