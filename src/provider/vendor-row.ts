// The shape of one row of the vendor table: all that differs between vendors who speak OpenAI's format. Separate from
// the table so that the table holds nothing but data.
import type { Endpoint } from '../wire/endpoint.ts';

/**
 * C chat, T text completions, E embeddings, R responses, I images, S speech, A transcriptions, K rerank, M moderations.
 * Without T a text completion is sent as a chat of one message, without C a chat as a text completion (1.106, golden
 * a37, a42, a45).
 */
export type EndpointLetters = string;

/** What happens without a key: the deployment is out of rotation, no header is sent, or this text stands for the key. */
export type WithoutKey = 'problem' | 'no header' | { readonly text: string };

export interface VendorRow {
  /** Prefix of model strings, as LiteLLM spells it. */
  readonly provider: string;
  /** API base below which the endpoint paths stand, or `undefined`: the config must say it. */
  readonly base: string | undefined;
  /** Environment variables for the base, first one set wins; `NAME_API_BASE` when left out. */
  readonly baseEnv?: readonly string[];
  /** Appended to a base that does not end in it: servers whose configured base is their root. */
  readonly baseSuffix?: string;
  /** Environment variables for the key, in LiteLLM's order; `NAME_API_KEY` when left out. */
  readonly keyEnv?: readonly string[];
  readonly withoutKey?: WithoutKey;
  readonly endpoints: EndpointLetters;
  /** Knows `max_completion_tokens`; else it is sent as `max_tokens`. */
  readonly knowsMaxCompletionTokens?: boolean;
  /** Accepts role `developer`; else it is sent as `system`. */
  readonly knowsDeveloperRole?: boolean;
  /** Takes `stream_options.include_usage`; `false` where it is known to be refused. */
  readonly streamsUsage?: boolean;
  /** OpenAI parameters that it cannot serve: a 400 unless they may be dropped (providers.md 1.2). */
  readonly refuses?: readonly string[];
  /** Members with another name there. */
  readonly renames?: Readonly<Record<string, string>>;
  /** `tool_choice: "required"` is another word there. */
  readonly requiredToolChoice?: string;
  /** Members sent as null are cut: the server checks types strictly. */
  readonly refusesNull?: boolean;
  /** Put before a model name that lacks it. */
  readonly modelPrefix?: string;
  /** Set when the request and the deployment do not say it. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

const LETTERS: Readonly<Record<Endpoint, string>> = {
  chat: 'C',
  completions: 'T',
  embeddings: 'E',
  responses: 'R',
  images: 'I',
  speech: 'S',
  transcriptions: 'A',
  rerank: 'K',
  moderations: 'M',
};

export function hasEndpoint(letters: EndpointLetters, endpoint: Endpoint): boolean {
  return letters.includes(LETTERS[endpoint]);
}

/** `together_ai` to `TOGETHER_AI`: the stem of its variables. */
export function variableStem(provider: string): string {
  return provider.toUpperCase().replaceAll('-', '_');
}
