import { describe, expect, it } from 'vitest';
import { readUsage, usageOfAnswer } from './usage.ts';

const USAGE = { promptTokens: 3, completionTokens: 4, totalTokens: 7 };

describe('readUsage', () => {
  it.each([
    ['chat', { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }, USAGE],
    ['responses', { input_tokens: 3, output_tokens: 4, total_tokens: 7 }, USAGE],
    ['no total', { prompt_tokens: 3, completion_tokens: 4 }, USAGE],
    ['a total that is too small', { prompt_tokens: 3, completion_tokens: 4, total_tokens: 0 }, USAGE],
    [
      'hidden tokens in the total',
      { prompt_tokens: 3, completion_tokens: 4, total_tokens: 9 },
      { ...USAGE, totalTokens: 9 },
    ],
    ['embeddings', { prompt_tokens: 5, total_tokens: 5 }, { promptTokens: 5, completionTokens: 0, totalTokens: 5 }],
    ['a total and an output', { total_tokens: 7, completion_tokens: 4 }, USAGE],
    ['all zero', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, undefined],
    ['nothing', {}, undefined],
    ['null', null, undefined],
    ['words', { prompt_tokens: '3', completion_tokens: Number.NaN, total_tokens: -1 }, undefined],
  ])('reads %s', (_name, value, expected) => {
    expect(readUsage(value)).toEqual(expected);
  });

  it('finds it where vendors put it', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4 };
    expect(usageOfAnswer({ usage })).toEqual(USAGE);
    expect(usageOfAnswer({ usage: null, response: { usage } })).toEqual(USAGE);
    expect(usageOfAnswer({ x_groq: { usage } })).toEqual(USAGE);
    expect(usageOfAnswer({ response: 'x' })).toBeUndefined();
  });
});
