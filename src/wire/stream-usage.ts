// Token usage of one chunked stream: read from whatever event carries it, kept from clients that did not ask, and sent
// as the last chunk before `[DONE]` to those that did, wherever the upstream put it.
import type { TokenUsage } from '../core/outcome.ts';
import { isBlank, type Fields } from './chunk-dialect.ts';
import { usageOfAnswer } from './usage.ts';

export class StreamUsage {
  tokens: TokenUsage | undefined;
  /** The upstream's own usage chunk, with all that the vendor says in it. */
  #chunk: Fields | undefined;
  #usage: unknown;
  readonly #spent: TokenUsage | undefined;

  /** `spent`: usage of earlier streams of the same answer, to be added. */
  constructor(spent?: TokenUsage) {
    this.#spent = spent;
  }

  /** Reads the usage of a parsed event; later ones win, because running totals are what vendors repeat. */
  read(chunk: Fields): void {
    const tokens = usageOfAnswer(chunk);
    if (tokens === undefined) return;
    this.tokens = tokens;
    if (!isBlank(chunk['usage'])) this.#usage = chunk['usage'];
  }

  /** Keeps a chunk that brought usage and nothing else. */
  keepChunk(chunk: Fields): void {
    this.#chunk = chunk;
  }

  /** Members of the closing usage chunk; `undefined` if nothing is known and nothing can be estimated. */
  closing(estimate: (() => TokenUsage) | undefined): Fields | undefined {
    const tokens = this.tokens ?? estimate?.();
    if (tokens === undefined) return undefined;
    this.tokens = tokens;
    if (this.#spent !== undefined) return { ...this.#chunk, usage: spelled(sum(this.#spent, tokens)) };
    return { ...this.#chunk, usage: this.#usage ?? spelled(tokens) };
  }
}

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}

function spelled(tokens: TokenUsage): Fields {
  const { promptTokens, completionTokens, totalTokens } = tokens;
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens };
}
