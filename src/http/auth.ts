// Who may use the gateway: the master key, in every header form that LiteLLM 1.106 takes, compared in constant time.
// Without a master key everybody passes. Virtual keys would be looked up here.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What the headers prove. `rejected` carries LiteLLM's status and texts (golden i01 to i06). */
export type AuthVerdict =
  | { readonly kind: 'admin' }
  | { readonly kind: 'anonymous' } // no master key is configured
  | { readonly kind: 'rejected'; readonly status: number; readonly message: string; readonly type: string };

const ADMIN: AuthVerdict = { kind: 'admin' };
const ANONYMOUS: AuthVerdict = { kind: 'anonymous' };
const NO_KEY: AuthVerdict = {
  kind: 'rejected',
  status: 401,
  message: 'Authentication Error, No api key passed in.',
  type: 'auth_error',
};
const MALFORMED: AuthVerdict = {
  kind: 'rejected',
  status: 401,
  message: 'Authentication Error, Malformed API Key passed in. Ensure Key has `Bearer ` prefix.',
  type: 'auth_error',
};
/** What 1.106 answers to a key that only a database could know. */
const UNKNOWN_KEY: AuthVerdict = {
  kind: 'rejected',
  status: 400,
  message: 'No connected db.',
  type: 'no_db_connection',
};

const BEARER = /^(?:bearer|basic)\s+(\S.*)$/i;
/** Headers that carry the bare key, after `Authorization`, in 1.106's order. */
const PLAIN_KEY_HEADERS = ['api-key', 'x-api-key', 'x-goog-api-key', 'ocp-apim-subscription-key'] as const;

/** Checks keys against one master key; built once per config. */
export class Authenticator {
  readonly #masterKey: Buffer | undefined;
  readonly #digest: Buffer | undefined;
  readonly #keyHeader: string | undefined;

  /** `keyHeader`: `general_settings.litellm_key_header_name`, which then is the only place a key is looked for. */
  constructor(masterKey: string | undefined, keyHeader: string | undefined) {
    this.#masterKey = masterKey === undefined ? undefined : Buffer.from(masterKey);
    this.#digest = masterKey === undefined ? undefined : digestOf(masterKey);
    this.#keyHeader = keyHeader?.toLowerCase();
  }

  check(headers: IncomingHttpHeaders): AuthVerdict {
    if (this.#masterKey === undefined) return ANONYMOUS;
    const found = this.#keyHeader === undefined ? findKey(headers) : bearerKey(single(headers[this.#keyHeader]));
    if (typeof found !== 'string') return found;
    return this.#matches(found) ? ADMIN : UNKNOWN_KEY;
  }

  /** Constant time in the content; digests make it so for keys of another length too. */
  #matches(key: string): boolean {
    if (this.#masterKey === undefined || this.#digest === undefined) return false;
    const given = Buffer.from(key);
    if (given.length === this.#masterKey.length) return timingSafeEqual(given, this.#masterKey);
    timingSafeEqual(digestOf(key), this.#digest);
    return false;
  }
}

/** The key that a caller showed, valid or not; `undefined` = none. `keyHeader` as for the authenticator. */
export function presentedKey(headers: IncomingHttpHeaders, keyHeader: string | undefined): string | undefined {
  const found = keyHeader === undefined ? findKey(headers) : bearerKey(single(headers[keyHeader.toLowerCase()]));
  return typeof found === 'string' ? found : undefined;
}

function findKey(headers: IncomingHttpHeaders): string | AuthVerdict {
  const own = single(headers['x-litellm-api-key']);
  if (own !== undefined && own !== '') return BEARER.exec(own)?.[1] ?? own;
  if (headers.authorization !== undefined && headers.authorization !== '') return bearerKey(headers.authorization);
  for (const name of PLAIN_KEY_HEADERS) {
    const key = single(headers[name]);
    if (key !== undefined && key !== '') return key;
  }
  return NO_KEY;
}

/** The common spelling first: a regular expression costs more than a comparison. */
function bearerKey(value: string | undefined): string | AuthVerdict {
  if (value === undefined || value === '') return NO_KEY;
  if (value.startsWith('Bearer ') && value.length > 7 && value.charCodeAt(7) !== 32) return value.slice(7);
  return BEARER.exec(value)?.[1] ?? MALFORMED;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
