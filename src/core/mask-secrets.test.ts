import { describe, expect, it } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';

describe('a message from outside', () => {
  const secrets = [
    'sk-proj-abcdefghijklmnop',
    'hf_abcdefghijklmnop',
    'gsk_abcdefghijklmnop',
    'AIzaSyA1234567890abcdefg',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln',
  ];
  it.each(secrets)('loses %s wherever it stands', (secret) => {
    for (const text of [secret, `Incorrect API key provided: ${secret}.`, `{"key":"${secret}"}`]) {
      expect(maskSecrets(text)).not.toContain(secret.slice(8));
    }
  });

  it.each([
    ['Authorization: Bearer abcdef123456', 'abcdef123456'],
    ['api-key: 0123456789abcdef', '0123456789abcdef'],
    ['"api_key": "0123456789abcdef"', '0123456789abcdef'],
    ['password=hunter2hunter2', 'hunter2hunter2'],
  ])('loses what is announced as one: %s', (text, secret) => {
    expect(maskSecrets(text)).not.toContain(secret);
  });

  it.each([
    "This model's maximum context length is 4097 tokens. However, your messages resulted in 5000 tokens.",
    'The model `gpt-4o-2024-08-06` does not exist',
    'Rate limit reached for gpt-4 in organization org-1 on tokens per min (TPM): Limit 10000',
    'Incorrect API key provided: sk-x.',
    'deployment risk-assessment-model-prod not found',
  ])('keeps the rest as it is: %s', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it.each([
    ['Bearer abcdef123456', 'Bearer [redacted]'],
    ['bearer   abc123', 'bearer   [redacted]'],
    ['basic dXNlcjpwYXNz1', 'basic [redacted]'],
    ['password="hunter2hunter2".', 'password="[redacted]".'],
    ['api key = abcdefgh', 'api key = [redacted]'],
    ['apikey:abcdefgh', 'apikey:[redacted]'],
    ['access-token: abcdef', 'access-token: [redacted]'],
    ["'secret' : 'abcdef'", "'secret' : '[redacted]'"],
    ['a token eyJabcdefgh.payload-x.sig and more', 'a token [redacted] and more'],
    ['keys AKIAABCDEFGHIJKL, ASIAABCDEFGHIJKL', 'keys [redacted], [redacted]'],
    ['two: sk-abcdefgh sk_ijklmnop', 'two: [redacted] [redacted]'],
    ['r8_abcdefgh', '[redacted]'],
  ])('shows what stands around: %s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each([
    'the bearer of news is here',
    'a bearer certificate is needed',
    'bearer ab12',
    'password: short',
    'sk-abcdefg',
    'eyJabcdefg.x',
    'AKIAABCDEFGHIJK',
    'AIzaabcdefghijklmno',
    'a secretary: abcdefgh',
  ])('keeps what is no credential, or too short for one: %s', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });
});
