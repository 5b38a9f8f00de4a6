// What is kept of an answer is what was said, and never more than its bound.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonByteText } from './byte-text.ts';
import { KeptText, MAX_KEPT_BYTES } from './kept-text.ts';

/** A string as it stands in the JSON of an event. */
const escaped = (text: string): string => jsonByteText(text).slice(1, -1);

it('whatever the pieces, the text is all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 40 }), (pieces) => {
      const kept = new KeptText();
      for (const piece of pieces) kept.add(escaped(piece));
      expect([kept.text, kept.isFull]).toEqual([pieces.join(''), false]);
    }),
  );
});

it('is empty before anything was said', () => {
  expect(new KeptText().text).toBe('');
});

describe('the bound', () => {
  it('is kept to the byte', () => {
    const kept = new KeptText();
    kept.add('x'.repeat(MAX_KEPT_BYTES));
    expect([kept.isFull, kept.text.length]).toEqual([false, MAX_KEPT_BYTES]);
    kept.add('');
    expect(kept.isFull).toBe(false);
    kept.add('y');
    expect([kept.isFull, kept.text]).toEqual([true, 'x'.repeat(MAX_KEPT_BYTES)]);
  });

  it('keeps a piece whole or not at all, and nothing behind one that is missing', () => {
    const kept = new KeptText();
    kept.add(escaped('"'));
    kept.add('x'.repeat(MAX_KEPT_BYTES));
    kept.add('z');
    expect([kept.isFull, kept.text]).toEqual([true, '"']);
  });
});

it('what is dropped stays away', () => {
  const kept = new KeptText();
  kept.add('a');
  kept.drop();
  kept.add('b');
  expect([kept.text, kept.isFull]).toEqual(['', true]);
});
