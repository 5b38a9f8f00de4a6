// Which keys hold secrets, by their names. Used wherever a config is shown: listings, reports, messages.

const SECRET_WORDS = new Set([
  'key',
  'keys',
  'apikey',
  'token',
  'secret',
  'password',
  'passwd',
  'pwd',
  'credential',
  'credentials',
  'authorization',
  'auth',
  'cookie',
  'private',
  'passphrase',
  'signature',
]);
/** Prices count tokens, and a credential's name is a reference: neither is a secret. */
const HARMLESS =
  /_per_(?:token|second|character|image|pixel|query)|^litellm_credential_name$|^configurable_clientside_auth_params$|^ssl_verify$/;

/** A plain `..._key` of free metadata is a name; with one of these beside it, it opens something. */
const OPENERS = new Set([
  'api',
  'access',
  'secret',
  'private',
  'master',
  'subscription',
  'account',
  'encryption',
  'signing',
]);

/** Whether the value under this key must never be shown: `api_key`, `X-Api-Key`, `aws_session_token`, `azurePassword`. */
export function isSecretKey(key: string): boolean {
  return !HARMLESS.test(key) && wordsOf(key).some((word) => SECRET_WORDS.has(word));
}

/** The same for `model_info`, which is free: there `custom_key` is a name like any other. */
export function isSecretInfoKey(key: string): boolean {
  if (!isSecretKey(key)) return false;
  const words = wordsOf(key);
  return words.some((word) => OPENERS.has(word) || (SECRET_WORDS.has(word) && word !== 'key' && word !== 'keys'));
}

function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/);
}
