// A JSON request body as the chunks that came, with its top-level members found by one scan over the bytes.
// Bodies are patched and forwarded, never rebuilt (DESIGN 4, rule 8 of 3). Types only; json-body.ts makes them.

/** Forwardable body: chunks in order and their total length, for `content-length`. */
export interface ByteBody {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

/** Changes to the top level of a JSON object. Keys not named stay byte for byte. */
export interface BodyEdits {
  /** Key to JSON text: replaces the member's value, or appends the member. Wins over `remove`. */
  readonly set: ReadonlyMap<string, string>;
  /** Members to cut. */
  readonly remove: ReadonlySet<string>;
}

export interface BodyProblem {
  readonly kind: 'invalid-json' | 'not-an-object' | 'too-deep';
  /** What is wrong and where (line, column), ready for a client. */
  readonly message: string;
}

/** A JSON object body. Reading a value parses that member only. */
export interface JsonBody extends ByteBody {
  /** Top-level keys in order. */
  keys(): IterableIterator<string>;
  has(key: string): boolean;
  /**
   * Parsed value of one member (cached), or `undefined` when absent, or when a string inside it breaks JSON's rules:
   * the scan does not look into strings.
   */
  get(key: string): unknown;
  /** Raw bytes of one member's value as text, or `undefined` when absent. */
  raw(key: string): string | undefined;
  /** Estimate of the prompt in tokens (bytes / 4, `data:` URLs count per image), at least 1. */
  readonly promptTokens: number;
  /** Some string of the body may be the word `developer`; false = none is. Found by the scan, so asking is free. */
  readonly mayNameDeveloper: boolean;
  patched(edits: BodyEdits): ByteBody;
  /** The whole body parsed; a fresh object each time. For the slow ways only. */
  toObject(): Record<string, unknown>;
}
