import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { countText } from './count-text.ts';

const whole = (text: string): number => countTokens(text, { disallowedSpecial: new Set() });

describe('a text counted in pieces', () => {
  it('is handed over in pieces of at most 512 characters, and whole', () => {
    const pieces: string[] = [];
    const text = `${'a'.repeat(600)} ${'word '.repeat(300)}${'é'.repeat(700)}`;
    countText(text, (piece) => pieces.push(piece));
    expect(pieces.join('')).toBe(text);
    expect(Math.max(...pieces.map(({ length }) => length))).toBe(512);
  });

  it('is cut before a space between words where there is one', () => {
    const pieces: string[] = [];
    countText(`${'x'.repeat(500)} word another`, (piece) => pieces.push(piece));
    expect(pieces).toEqual(['x'.repeat(500) + ' word', ' another'].map((piece) => piece));
  });

  it('is never cut inside a pair of surrogates', () => {
    const pieces: string[] = [];
    countText(`a${'😀'.repeat(400)}`, (piece) => pieces.push(piece));
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });

  it('has as many tokens as the whole where its words are ordinary', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 100, maxLength: 400 }), (words) => {
        const text = words.join(' ');
        expect(countText(text, whole)).toBe(whole(text));
      }),
      { numRuns: 30 },
    );
  });

  it('differs by at most a token a cut from the whole, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 300, maxLength: 2_000 }), (text) => {
        const cuts = Math.ceil(text.length / 256);
        expect(Math.abs(countText(text, whole) - whole(text))).toBeLessThanOrEqual(3 * cuts);
      }),
      { numRuns: 20 },
    );
  });

  it('of nothing has none', () => {
    expect(countText('', () => 1)).toBe(0);
  });
});
