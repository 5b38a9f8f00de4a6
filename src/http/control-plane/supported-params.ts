// Which OpenAI chat parameters a provider takes, for clients that build their form from it. Derived from the tables
// that the providers themselves go by.
import { OPENAI_CHAT_PARAMS } from '../../provider/gateway-fields.ts';
import { VENDOR_TABLE } from '../../provider/vendor-table.ts';

/** Names in alphabetical order; `null` for a provider that there is no row for. */
export function supportedParams(provider: string): readonly string[] | null {
  return SUPPORTED.get(provider) ?? null;
}

const ALL = [...OPENAI_CHAT_PARAMS].toSorted();

const SUPPORTED: ReadonlyMap<string, readonly string[]> = new Map([
  ['azure', ALL],
  ['huggingface', ALL],
  ...VENDOR_TABLE.map(({ provider, refuses = [] }): [string, readonly string[]] => [
    provider,
    ALL.filter((name) => !refuses.includes(name)),
  ]),
]);
