// Takes keys and tokens out of text that a provider wrote before it reaches a client or a log. Providers quote the key
// they refuse, whole or in part; separate because every message from outside passes here, whatever its cause.

const MASK = '[redacted]';

/** What a credential looks like in running text. The shortest forms need eight characters to count. */
const SECRETS: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|csk|fw|nvapi|r8|hf|pplx|tgp_v1)[-_][A-Za-z0-9_*.-]{8,}/g,
  /\bAIza[A-Za-z0-9_-]{16,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+/g,
];

/** A word that announces a credential, then the credential: only the second is taken out. */
const BEARER = /\b((?:bearer|basic)\s+)(?=\S*\d)([A-Za-z0-9+/_=.*-]{6,})/gi;
const ANNOUNCED =
  /\b((?:api[-_ ]?key|x-api-key|subscription-key|access[-_]token|secret|password|authorization)["']?\s*[:=]\s*["']?)([A-Za-z0-9+/_=.*-]{6,})/gi;

/** `text` with everything that looks like a key, token or password replaced. Never throws. */
export function maskSecrets(text: string): string {
  let masked = text.replace(BEARER, `$1${MASK}`).replace(ANNOUNCED, `$1${MASK}`);
  for (const secret of SECRETS) masked = masked.replace(secret, MASK);
  return masked;
}
