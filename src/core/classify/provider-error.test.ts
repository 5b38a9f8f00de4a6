import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readErrorValue, readProviderError, type ProviderError } from './provider-error.ts';

const nothing: ProviderError = { message: '', type: null, param: null, code: null, words: [], isErrorFormat: false };

describe('an error body', () => {
  const rows: [string, unknown, Partial<ProviderError>][] = [
    [
      'OpenAI',
      { error: { message: 'no', type: 'T', param: 'p', code: 'C' } },
      { message: 'no', type: 'T', param: 'p', code: 'C', words: ['c', 't'], isErrorFormat: true },
    ],
    [
      'Gemini',
      [{ error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED' } }],
      { message: 'slow', type: null, code: '429', words: ['429', 'resource_exhausted'] },
    ],
    [
      'vLLM before its error object',
      { object: 'error', message: 'long', type: 'BadRequestError', code: 400 },
      { message: 'long', type: 'BadRequestError', code: '400', words: ['400', 'badrequesterror', '400'] },
    ],
    [
      'TGI',
      { error: 'too long', error_type: 'validation' },
      { message: 'too long', type: 'validation', words: ['validation'], isErrorFormat: true },
    ],
    [
      'Bedrock',
      { __type: 'ThrottlingException', message: 'wait' },
      { message: 'wait', type: null, words: ['throttlingexception'] },
    ],
    [
      'Azure with an inner error',
      { error: { code: 'content_filter', message: 'no', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      { words: ['content_filter', 'responsibleaipolicyviolation'] },
    ],
    ['Azure, the other spelling', { error: { message: 'no', inner_error: { code: 'X' } } }, { words: ['x'] }],
    [
      'OpenRouter with metadata',
      { error: { message: 'no', code: 502, metadata: { error_type: 'Provider_Overloaded' } } },
      { words: ['502', 'provider_overloaded'] },
    ],
    ['a reason', { error: { message: 'no', reason: 'API_KEY_INVALID' } }, { words: ['api_key_invalid'] }],
    ['a status code beside the text', { message: 'no', status_code: 404 }, { message: 'no', code: '404' }],
    ['a code outside of the error', { error: { message: 'no' }, code: 'outer' }, { code: 'outer', words: ['outer'] }],
    [
      'an object of errors',
      { errors: { message: 'no', type: 'T' } },
      { message: 'no', type: 'T', words: ['t'], isErrorFormat: true },
    ],
    ['a detail', { detail: 'Not Found' }, { message: 'Not Found', isErrorFormat: true }],
    ['details as a list', { detail: [{ loc: ['body'] }] }, { message: '[{"loc":["body"]}]' }],
    ['an empty list is no text', { detail: [], title: 'Bad' }, { message: 'Bad' }],
    ['a detail within the error', { error: { detail: 'inside' } }, { message: 'inside' }],
    ['a text outside of the error', { error: {}, message: 'outside' }, { message: 'outside', isErrorFormat: true }],
    ['a detail outside of the error', { error: {}, detail: 'outside' }, { message: 'outside' }],
    ['a title', { title: 'Bad Request' }, { message: 'Bad Request' }],
    ['an error without anything', { error: {} }, { ...nothing, isErrorFormat: true }],
    ['an error that is null', { error: null }, { ...nothing, isErrorFormat: true }],
    ['an error that is a list', { error: ['a'] }, { message: '["a"]' }],
    ['only a code', { code: 'x' }, { ...nothing, code: 'x', words: ['x', 'x'], isErrorFormat: true }],
    ['empty words are none', { error: { message: 'no', code: '' } }, { code: '', words: [] }],
    ['words of other kinds are none', { error: { message: 'no', code: true, metadata: null } }, { words: [] }],
    ['another object', { foo: 1 }, nothing],
    ['a list of nothing', [], nothing],
    ['a number', 5, nothing],
    ['null', null, nothing],
    ['a text', 'boom', { ...nothing, message: 'boom' }],
  ];
  it.each(rows)('is read: %s', (_name, value, expected) => {
    expect(readErrorValue(value)).toMatchObject(expected);
    expect(readErrorValue(value).words).toEqual(expected.words ?? readErrorValue(value).words);
  });

  it('is an object or a list of JSON; anything else is text as it came', () => {
    expect(readProviderError(' \n ')).toEqual(nothing);
    expect(readProviderError(' {"error":"x"} ')).toMatchObject({ message: 'x', isErrorFormat: true });
    expect(readProviderError(' [{"error":"x"}] ')).toMatchObject({ message: 'x', isErrorFormat: true });
    expect(readProviderError(' <html>[ ')).toEqual({ ...nothing, message: '<html>[' });
    expect(readProviderError('{"error": half')).toEqual({ ...nothing, message: '{"error": half' });
    expect(readProviderError('"quoted"')).toEqual({ ...nothing, message: '"quoted"' });
    expect(readProviderError('null')).toEqual({ ...nothing, message: 'null' });
  });

  it('is cut where nobody reads on', () => {
    const long = 'x'.repeat(5_000);
    for (const error of [
      readProviderError(long),
      readProviderError(JSON.stringify({ error: long })),
      readErrorValue(long),
    ]) {
      expect(error.message).toBe('x'.repeat(4_000));
    }
  });

  it('never makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(typeof readProviderError(body).message).toBe('string');
      }),
    );
  });
});
