// The shape of one case: who stands behind the gateway, what goes wrong, what the client must see, and how many upstream
// attempts that may cost. Durations are real ones; the stage scales them.
import type { FaultInput } from '../../src/fake-provider/fault.ts';

export type ProviderName = 'primary' | 'second';
export const PROVIDERS: readonly ProviderName[] = ['primary', 'second'];
export type Mode = 'stream' | 'plain';

/** One entry of `model_list`; its id is the name of the provider. */
export interface Entry {
  readonly at: ProviderName;
  /** Default `g`, which is what clients ask for. */
  readonly group?: string;
  /** Default `openai/m`. */
  readonly model?: string;
  /** Further members of `litellm_params`, in YAML's flow style. */
  readonly params?: string;
}

/**
 * `answer`: complete, with its end. `recovered`: the same where the providers say the same thing twice; where they do
 * not, a stream ends with an error event behind a part of one answer. `refusal`: the provider's own error.
 */
export type Expected =
  | { readonly kind: 'answer' | 'recovered' }
  | { readonly kind: 'refusal'; readonly status: number; readonly words: string };

/** Least and most. */
export type Bounds = readonly [number, number];

/** What `/admin/deployments` must say of a deployment at the end, where a number or a word is given. */
export interface Account {
  readonly attempts?: number;
  readonly successes?: number;
  readonly failures?: number;
  readonly breaker?: 'closed' | 'open' | 'half-open';
  /** Charged to `rpm`. */
  readonly requests?: number;
  /** Charged to `tpm`: what the provider counted. */
  readonly tokens?: number;
}

export type Accounts = Readonly<Partial<Record<ProviderName, Account>>>;

export interface ChaosCase {
  /** Goes behind "when": `the provider answers 503 for ever`. */
  readonly name: string;
  readonly modes: readonly Mode[];
  /** Has waits of 15 s and more. */
  readonly isLong?: true;
  readonly entries: readonly Entry[];
  /** Further members of `router_settings`, in YAML's flow style. */
  readonly router?: string;
  readonly faults: Readonly<Partial<Record<ProviderName, FaultInput | readonly FaultInput[]>>>;
  readonly expected: Expected;
  /** Upstream requests in all; a provider that is not named gets none. */
  readonly attempts: Readonly<Partial<Record<ProviderName, Bounds>>>;
  /** All attempts together; default: what `attempts` allows. */
  readonly mostAttempts?: number;
  /** Several requests, one after the other; absent: one. */
  readonly series?: Series;
  readonly accounts?: Accounts;
  /** The same where a stream ends with the truth; default `accounts`. */
  readonly accountsIfTold?: Accounts;
  /** Members of the request's record in `/admin/requests`. */
  readonly recorded?: Readonly<Record<string, unknown>>;
}

export interface Series {
  readonly requests: number;
  readonly everyMs: number;
  /** From this request on (0 is the first) there are no faults. */
  readonly healthyFrom: number;
  /** Upstream requests of the primary after that. */
  readonly leastAfter: number;
}
