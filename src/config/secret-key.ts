// Which keys hold secrets, by their names. Used wherever a config is shown: listings, reports, messages.

const SECRET_WORDS = new Set([
  'key', 'keys', 'apikey', 'token', 'secret', 'password', 'passwd', 'pwd', 'credential', 'credentials', 'authorization',
  'auth', 'cookie', 'private', 'passphrase', 'signature',
]);
/** Prices count tokens, and a credential's name is a reference: neither is a secret. */
const HARMLESS = /_per_(?:token|second|character|image|pixel|query)|^litellm_credential_name$|^configurable_clientside_auth_params$|^ssl_verify$/;

/** Whether the value under this key must never be shown: `api_key`, `X-Api-Key`, `aws_session_token`, `azurePassword`. */
export function isSecretKey(key: string): boolean {
  if (HARMLESS.test(key)) return false;
  const words = key.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase().split(/[^a-z]+/);
  return words.some((word) => SECRET_WORDS.has(word));
}
