import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headerText } from './header-text.ts';

test('ordinary names stay as they are', () => {
  for (const name of ['gpt-4o', 'openai/gpt-4o (eu)', 'modèle', '']) expect(headerText(name)).toBe(name);
});

test('another script is sent as its UTF-8 bytes', () => {
  expect(Buffer.from(headerText('日本'), 'latin1').toString('utf8')).toBe('日本');
});

test('line breaks become spaces', () => {
  expect(headerText('a\r\nset-cookie: b')).toBe('a  set-cookie: b');
});

test('whatever the text, it is a value that Node sends and a client takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
      const value = headerText(text);
      validateHeaderValue('x', value);
      expect(value.length).toBeLessThanOrEqual(1_024);
    }),
  );
});
