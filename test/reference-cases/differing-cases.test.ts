// The cases 18 to 48 are all there, and every one that differs leads to a heading that exists.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DIFFERING_CASES } from './differing-cases.ts';

const docs = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8');

it.each(DIFFERING_CASES)('case $number differs for the reason under #$anchor', ({ anchor }) => {
  expect(docs).toContain(`<a id="${anchor}"></a>`);
});

it('every case from 18 to 48 has a test that carries its number', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
  const text = files.map((name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8')).join('\n');
  const missing = Array.from({ length: 31 }, (_, nth) => nth + 18).filter((nth) => !text.includes(`15.2 case ${nth}:`));
  expect(missing).toEqual([]);
});
