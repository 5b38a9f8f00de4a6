import { describe, expect, it } from 'vitest';
import { EventTemplate } from './event-template.ts';

function learn(input: string, output = input, key = 'content'): EventTemplate {
  const template = EventTemplate.learn(input, output, key);
  if (template === undefined) throw new Error('nothing learned');
  return template;
}

function applied(template: EventTemplate, text: string): string | undefined {
  return template.match(text, 0) === text.length ? template.output(template.slot) : undefined;
}

describe('EventTemplate', () => {
  const template = learn('{"m":"up","d":{"content":"a"},"i":1}', '{"m":"shown","d":{"content":"a"},"i":1}');

  it('turns an event of the same shape into its output around its own text', () => {
    expect(applied(template, '{"m":"up","d":{"content":"b \\" \\u00e9 \\\\"},"i":1}')).toBe(
      '{"m":"shown","d":{"content":"b \\" \\u00e9 \\\\"},"i":1}',
    );
  });

  it.each([
    ['another head', '{"m":"UP","d":{"content":"b"},"i":1}'],
    ['another tail', '{"m":"up","d":{"content":"b"},"i":2}'],
    ['an empty slot', '{"m":"up","d":{"content":""},"i":1}'],
    ['an invalid escape', '{"m":"up","d":{"content":"\\x"},"i":1}'],
    ['a short unicode escape', '{"m":"up","d":{"content":"\\u00g0"},"i":1}'],
    ['a control character', '{"m":"up","d":{"content":"\t"},"i":1}'],
    ['a cut event', '{"m":"up","d":{"content":"b"},"i'],
    ['a cut string', '{"m":"up","d":{"content":"b\\'],
    ['more members', '{"m":"up","d":{"content":"b","x":1},"i":1}'],
  ])('does not match %s', (_name, text) => {
    expect(applied(template, text)).toBeUndefined();
  });

  it.each([
    ['the member is missing', '{"text":"a"}'],
    ['the member is there twice', '{"content":"a","x":{"content":"b"}}'],
    ['the value is not a string', '{"content":null}'],
  ])('learns nothing when %s', (_name, text) => {
    expect(EventTemplate.learn(text, text, 'content')).toBeUndefined();
  });

  it.each([
    ['a counter', '"i":9}', '"i":10}', '"i":1234}', true],
    ['a counter: not a word', '"i":9}', '"i":10}', '"i":x}', false],
    ['a counter: no leading zero', '"i":9}', '"i":10}', '"i":01}', false],
    ['a counter: not nothing', '"i":9}', '"i":10}', '"i":}', false],
    ['padding', '"p":"ab"}', '"p":"Xyz"}', '"p":"q-1_"}', true],
    ['padding: empty', '"p":"ab"}', '"p":""}', '"p":"abc"}', true],
    ['padding: no quotes in it', '"p":"ab"}', '"p":"cd"}', '"p":"a\\"b"}', false],
    ['literals are no scalars that vary', '"f":null}', '"f":true}', '"f":nuue}', false],
    ['names do not vary', '"a":1}', '"b":1}', '"c":1}', false],
    ['two differences are too many', '"i":1,"k":1}', '"i":2,"k":2}', '"i":3,"k":3}', false],
  ])('%s behind the slot', (_name, first, second, third, isMatch) => {
    const event = (tail: string): string => `{"content":"a",${tail}`;
    const later = learn(event(second));
    later.vary(learn(event(first)));
    expect(applied(later, event(third))).toBe(isMatch ? event(third) : undefined);
  });

  it('does not vary a scalar that the repair rewrites', () => {
    const first = learn('{"content":"a","created":1}', '{"content":"a","created":1}');
    const second = learn('{"content":"a","created":2}', '{"content":"a","created":1}');
    second.vary(first);
    expect(applied(second, '{"content":"a","created":3}')).toBeUndefined();
    const moved = learn('{"content":"a","i":2}', '{"content":"a","i":6}');
    moved.vary(learn('{"content":"a","i":1}', '{"content":"a","i":5}'));
    expect(applied(moved, '{"content":"a","i":3}')).toBeUndefined();
  });
});
