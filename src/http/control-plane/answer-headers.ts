// Headers that every answer of the control plane carries whatever it says: no framing, no type guessing (1.106, 10.6e),
// and the permission for scripts of other origins to read it (golden a58).

/** What is sent with every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  vary: 'Origin',
};

/** Added where the request names an origin. No cookies are used, so any origin may read what its key allows. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': '*',
};
