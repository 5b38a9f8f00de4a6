import { describe, expect, it } from 'vitest';
import { formBody } from './form.ts';

const read = (text: string): Record<string, unknown> => formBody([Buffer.from(text)]).toObject();

describe('formBody', () => {
  it.each([
    ['model=ok&messages=hi', { model: 'ok', messages: 'hi' }],
    ['model=1&prompt=true&user=5', { model: '1', prompt: 'true', user: '5' }],
    ['stream=true&n=2&temperature=-0.5&x=01&y=', { stream: true, n: 2, temperature: -0.5, x: '01', y: '' }],
    ['stop[]=a&stop[]=b', { stop: ['a', 'b'] }],
    ['metadata={"a":[1]}&tags=[broken', { metadata: { a: [1] }, tags: '[broken' }],
    ['a=%C3%A9+x&__proto__=1', JSON.parse('{"a":"é x","__proto__":1}') as object],
    ['', {}],
  ])('reads %s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('finds no fields in JSON that was sent as a form', () => {
    expect(formBody([Buffer.from('{"model":"ok","messages":[]}')]).has('messages')).toBe(false);
  });

  it('leaves nesting that no one sends as text', () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    expect(read(`a=${deep}`)).toEqual({ a: deep });
  });
});
