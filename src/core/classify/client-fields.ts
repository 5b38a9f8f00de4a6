// `error.type` and `error.param` of a provider's error as LiteLLM 1.106 shows them: which of the upstream's own fields
// survive depends on provider, status, endpoint and on whether the error is one that it knows.
import type { FailureCause } from '../outcome.ts';
import { keepsErrorFields, typeOfStatus } from './exception-class.ts';
import type { ProviderError } from './provider-error.ts';

/** Statuses whose fields are the upstream's, where the provider's fields are read at all (10.8b). */
const KEEPS_FIELDS: ReadonlySet<number> = new Set([400, 422]);

export interface ClientFieldsInput {
  readonly error: ProviderError;
  readonly cause: FailureCause;
  readonly status: number;
  readonly provider: string;
  /** The endpoint as routes name it; chat where it is not known. */
  readonly endpoint: string | undefined;
}

export function clientFields(input: ClientFieldsInput): {
  readonly type: string | null;
  readonly param: string | null;
} {
  const { error, status, provider, endpoint } = input;
  // Text completions are an older path of 1.106 that fills in nothing but its rate limits (golden c63, f09).
  if (endpoint === 'completions') return { type: status === 429 ? typeOfStatus(status) : null, param: null };
  const isKept = keepsErrorFields(provider) && KEEPS_FIELDS.has(status) && !isCleared(input);
  return {
    type: (isKept ? error.type : null) ?? typeOfStatus(status),
    param: isKept && endpoint !== 'embeddings' ? error.param : null, // golden d34
  };
}

/** 1.106 clears the fields of refusals that it knows: OpenAI's by code, Azure's on Azure (golden c37 to c41, c60, d12). */
function isCleared({ cause, provider, error }: ClientFieldsInput): boolean {
  if (cause === 'context_window') return true;
  return cause === 'content_policy' && (provider === 'azure' || error.words.includes('content_policy_violation'));
}
