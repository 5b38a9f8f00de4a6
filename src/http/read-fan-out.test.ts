import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sketchTable } from '../../test/support/routing-fixture.ts';
import { readFanOut } from './read-fan-out.ts';

const table = sketchTable({
  deployments: [{ group: 'a' }, { group: 'x,y' }, { group: 'b', id: 'i,d', litellmModel: 'openai/m,n' }],
  aliases: [{ name: 'p,q', target: 'a', hidden: false }],
});

function read(model: string, fields: Readonly<Record<string, unknown>> = {}) {
  return readFanOut(model, { get: (key) => fields[key] }, table);
}

test.for(['a', 'x,y', 'p,q', 'i,d', 'openai/m,n', ',', ' , '])('%j is no list', (model) => {
  expect(read(model)).toBeUndefined();
});

test('spaces around commas and empty places mean nothing', () => {
  expect(read(' a , b,,a ,')).toEqual({ models: ['a', 'b', 'a'], isRace: false });
});

test('only true asks for the fastest', () => {
  expect(read('a,b', { fastest_response: true, stream: true })).toEqual({ models: ['a', 'b'], isRace: true });
  expect(read('a,b', { fastest_response: 'true' })).toMatchObject({ isRace: false });
});

test('a list is not streamed', () => {
  expect(read('a,b', { stream: true })).toMatchObject({ status: 400, param: 'stream' });
});

test('any names come out in order, and more than 20 are refused', () => {
  const name = fc.stringMatching(/^[a-z0-9/.-]{1,10}$/);
  fc.assert(
    fc.property(fc.array(name, { minLength: 2, maxLength: 30 }), (models) => {
      const fanOut = read(models.join(' ,  '));
      if (models.length > 20) expect(fanOut).toMatchObject({ status: 400, param: 'model' });
      else expect(fanOut).toEqual({ models, isRace: false });
    }),
  );
});
