import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Exposition, labelText } from './exposition.ts';
import { Histogram } from './histogram.ts';

/** Reads label text back by the rules of the format. */
function readLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\\n]|\\[\\"n])*)"/g)];
  expect(pairs.map(([whole]) => whole).join(',')).toBe(text);
  return Object.fromEntries(
    pairs.map(([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\([\\"n])/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    ]),
  );
}

test('any label value is read back as it was', () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/).filter((text) => text !== '__proto__');
  const value = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'a', ',', '=') }));
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (labels) => {
      expect(readLabels(labelText(labels))).toEqual(labels);
    }),
  );
});

test('counters get their suffix, samples without labels no braces', () => {
  const out = new Exposition();
  out.family('counter', 'seen', 'What was seen.');
  out.sample('', 2);
  out.family('gauge', 'left', 'What is left.');
  out.sample('a="b"', 0.5);
  expect(out.text()).toBe(
    '# HELP seen_total What was seen.\n# TYPE seen_total counter\nseen_total 2\n' +
      '# HELP left What is left.\n# TYPE left gauge\nleft{a="b"} 0.5\n',
  );
});

test('buckets of a histogram are cumulated and end with all of it', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 7]) histogram.observe(value);
  const out = new Exposition();
  out.family('histogram', 'took', 'Seconds.');
  out.histogram('m="x"', histogram);
  expect(out.text().split('\n').slice(2, -1)).toEqual([
    'took_bucket{m="x",le="1"} 2',
    'took_bucket{m="x",le="2"} 3',
    'took_bucket{m="x",le="+Inf"} 4',
    'took_sum{m="x"} 10',
    'took_count{m="x"} 4',
  ]);
});

test('a histogram that saw nothing has no lines', () => {
  const out = new Exposition();
  out.family('histogram', 'took', 'Seconds.');
  out.histogram('', new Histogram([1]));
  expect(out.text()).not.toContain('took_bucket');
});
