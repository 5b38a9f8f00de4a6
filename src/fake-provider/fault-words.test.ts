import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAULT_WORDS, faultOfWord, faultsInModelName, parseFaultWords } from './fault-words.ts';
import { faultSchema } from './fault.ts';

describe('one word', () => {
  test.each([
    ['latency=200', { latencyMs: 200 }],
    ['status=429@1-2', { status: 429, on: '1-2' }],
    ['retry-after=3', { retryAfter: '3' }],
    ['error=context-length', { error: 'context-length' }],
    ['vendor=vllm', { vendor: 'vllm' }],
    ['window=4096', { contextWindowTokens: 4096 }],
    ['reset', { connection: 'reset' }],
    ['silence@*3', { connection: 'silence', on: '*3' }],
    ['cut=5', { cutAfterTokens: 5, cutHow: 'drop' }],
    ['end=0', { cutAfterTokens: 0, cutHow: 'end' }],
    ['cut-reset=2', { cutAfterTokens: 2, cutHow: 'reset' }],
    ['no-done', { omitDone: true }],
    ['huge=1000', { body: 'huge', bodyBytes: 1000 }],
    ['slow=100', { bodyBytesPerSecond: 100 }],
    ['tps=2.5@10%', { tokensPerSecond: 2.5, on: '10%' }],
  ])('%s', (word, fault) => {
    expect(faultOfWord(word)).toEqual(fault);
  });

  test.each(['', 'latency', 'latency=', 'latency=soon', 'status=42', 'reset=1', 'gremlins', 'cut=5@often', 'toString'])(
    '%j is none',
    (word) => {
      expect(faultOfWord(word)).toBeUndefined();
    },
  );

  test('whatever is understood is a valid fault', () => {
    const value = fc.oneof(fc.nat(600).map(String), fc.constantFrom('vllm', 'auth', '1.5', ''));
    const on = fc.constantFrom('', '@3', '@1-2', '@*4', '@7%', '@x');
    fc.assert(
      fc.property(fc.constantFrom(...FAULT_WORDS), fc.option(value), on, (name, given, selector) => {
        const fault = faultOfWord(`${name}${given === null ? '' : `=${given}`}${selector}`);
        expect(fault === undefined || faultSchema.safeParse(fault).success).toBe(true);
      }),
    );
  });
});

test('words of a model name count, and other parts with two dashes are left alone', () => {
  expect(faultsInModelName('gpt-4o--status=503--latency=20')).toEqual([{ status: 503 }, { latencyMs: 20 }]);
  expect(faultsInModelName('models--org--name--cut=3')).toEqual([{ cutAfterTokens: 3, cutHow: 'drop' }]);
  expect(faultsInModelName('gpt-4o')).toEqual([]);
  expect(faultsInModelName('status=503')).toEqual([]);
});

test('a list of words names the one that is none', () => {
  expect(parseFaultWords('status=503--gremlins')).toEqual({ unknownWord: 'gremlins' });
  expect(parseFaultWords('')).toEqual([]);
});
