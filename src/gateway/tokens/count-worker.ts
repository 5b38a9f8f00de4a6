// The thread that counts: its vocabularies are 75 MB of memory and take 140 ms to load, neither of which belongs into
// the thread that serves requests. Loaded with the first request that needs one.
import { parentPort } from 'node:worker_threads';
import { countText, type CountTokens } from './count-text.ts';
import type { Encoding } from './encoding-of.ts';
import { promptParts } from './prompt-parts.ts';

export interface CountRequest {
  readonly id: number;
  readonly encoding: Encoding;
  /** JSON of a request body, UTF-8. */
  readonly body: Uint8Array;
}

export interface CountReply {
  readonly id: number;
  /** `undefined`: it could not be counted. */
  readonly tokens: number | undefined;
  /** What is wrong with the counter itself. */
  readonly problem: string | undefined;
}

/** Text that spells a special token is text. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

async function load(encoding: Encoding): Promise<CountTokens> {
  const { countTokens } =
    encoding === 'cl100k_base'
      ? await import('gpt-tokenizer/encoding/cl100k_base')
      : await import('gpt-tokenizer/encoding/o200k_base');
  return (text) => countTokens(text, AS_TEXT);
}

/** `undefined`: the client sent what is no JSON object, which is nobody's fault here. */
function parse(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

class Counter {
  readonly #loaded = new Map<Encoding, Promise<CountTokens>>();

  async count({ id, encoding, body }: CountRequest): Promise<CountReply> {
    try {
      const countTokens = await this.#tokenizer(encoding);
      const parsed = parse(body);
      if (parsed === undefined) return { id, tokens: undefined, problem: undefined };
      const { texts, fixedTokens } = promptParts(parsed);
      const tokens = texts.reduce((sum, text) => sum + countText(text, countTokens), fixedTokens);
      return { id, tokens, problem: undefined };
    } catch (error) {
      return { id, tokens: undefined, problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #tokenizer(encoding: Encoding): Promise<CountTokens> {
    const loading = this.#loaded.get(encoding) ?? load(encoding);
    this.#loaded.set(encoding, loading);
    return loading;
  }
}

const counter = new Counter();
parentPort?.on('message', (request: CountRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
  void counter.count(request).then((reply) => parentPort?.postMessage(reply));
});
