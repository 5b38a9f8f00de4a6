import { expect, it } from 'vitest';
import { sketchTable } from '../../../test/support/routing-fixture.ts';
import { resolve } from '../select/resolve.ts';
import { orderOf } from '../select/prefer.ts';
import { createHop, inRotation, laterOrders, type Hop } from './hop.ts';

const table = sketchTable({
  deployments: [{ order: 2 }, { order: 1 }, {}, { order: 3, outOfRotation: 'no key' }, { order: 2 }, { order: 1 }],
});

function hopOf(name: string): Hop {
  const resolution = resolve(table, name, () => undefined);
  if (resolution.kind === 'unknown') throw new Error(name);
  return createHop({
    resolution,
    policy: table.settings,
    overrides: undefined,
    depth: 3,
    isOrderStep: true,
    members: resolution.candidates,
    maxRetries: 4,
  });
}

it('a hop begins with everybody, at once, and with nothing behind it', () => {
  expect(hopOf('gpt-4')).toMatchObject({
    depth: 3,
    isOrderStep: true,
    members: [0, 1, 2, 3, 4, 5],
    candidates: [0, 1, 2, 3, 4, 5],
    attempts: 0,
    retries: 0,
    maxRetries: 4,
    notBeforeMs: -Infinity,
    waitReason: 'backoff',
    waitingSinceMs: undefined,
    lastFailure: undefined,
    lastDeployment: undefined,
  });
});

it('an id is not retried', () => {
  expect(hopOf('d1').maxRetries).toBe(0);
});

it('what the config takes out is not in rotation, nor what it does not know', () => {
  expect(inRotation(table, [3, 2, 9, 0])).toEqual([2, 0]);
});

it('the order levels behind the last attempt come once each, ascending, without those out of rotation', () => {
  const hop = hopOf('gpt-4');
  expect(laterOrders(table, hop)).toEqual([]);
  hop.lastDeployment = 1;
  expect(laterOrders(table, hop)).toEqual([2, Infinity]);
  const downwards = sketchTable({ deployments: [{ order: 1 }, {}, { order: 3 }, { order: 2 }] });
  expect(
    laterOrders(downwards, { ...hop, lastDeployment: 0, resolution: { ...hop.resolution, candidates: [0, 1, 2, 3] } }),
  ).toEqual([2, 3, Infinity]);
  hop.lastDeployment = 4;
  expect(laterOrders(table, hop)).toEqual([Infinity]);
  hop.lastDeployment = 2;
  expect(laterOrders(table, hop)).toEqual([]);
});

it('a deployment without order comes last', () => {
  expect([
    orderOf(table, table.settings, 0),
    orderOf(table, table.settings, 2),
    orderOf(table, table.settings, 9),
  ]).toEqual([2, Infinity, Infinity]);
});
