import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detailEnvelope, errorEnvelope } from './error-envelope.ts';

describe('errorEnvelope', () => {
  it('always has the four keys that clients validate, and no status', () => {
    expect(errorEnvelope({ status: 400, message: 'm', type: null, param: null, code: '400' } as never)).toBe(
      '{"error":{"message":"m","type":null,"param":null,"code":"400"}}',
    );
  });

  it('survives any message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const text = errorEnvelope({ message, type: 'auth_error', param: 'None', code: '401' });
        expect(JSON.parse(text)).toEqual({ error: { message, type: 'auth_error', param: 'None', code: '401' } });
      }),
    );
  });
});

describe('detailEnvelope', () => {
  it.each([
    ['Not Found', '{"detail":"Not Found"}'],
    [{ error: 'x "y"' }, '{"detail":{"error":"x \\"y\\""}}'],
  ])('wraps %o', (detail, expected) => {
    expect(detailEnvelope(detail)).toBe(expected);
  });
});
