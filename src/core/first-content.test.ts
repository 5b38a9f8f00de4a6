import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../test/support/routing-fixture.ts';
import { ENOUGH_SAMPLES, expectedFirstContentMs, learnFirstContent } from './first-content.ts';
import { createFleet, rowOf } from './fleet/fleet.ts';
import type { Row } from './fleet/row.ts';

function learned(...times: readonly number[]): Row {
  const row = rowOf(createFleet([sketchDeployment(0)]), 0);
  for (const ms of times) learnFirstContent(row, ms);
  return row;
}

const many = (ms: number): number[] => Array.from({ length: ENOUGH_SAMPLES }, () => ms);

describe('the expected time to first content', () => {
  test('is a guess until there are enough samples: 2 s, or 30 s for a model that thinks', () => {
    expect(expectedFirstContentMs(learned(), false)).toBe(2_000);
    expect(expectedFirstContentMs(learned(...many(7).slice(1)), false)).toBe(2_000);
    expect(expectedFirstContentMs(learned(...many(7).slice(1)), true)).toBe(30_000);
  });

  test('is the mean from then on, whatever the model', () => {
    expect(expectedFirstContentMs(learned(...many(700)), false)).toBe(700);
    expect(expectedFirstContentMs(learned(...many(700)), true)).toBe(700);
    const rising = many(0).map((_, nth) => (nth + 1) * 100);
    expect(expectedFirstContentMs(learned(...rising), false)).toBeCloseTo(1_050, 1);
  });

  test('moves by a twentieth of each further sample', () => {
    expect(expectedFirstContentMs(learned(...many(1_000), 3_000), false)).toBe(1_100);
    expect(expectedFirstContentMs(learned(...many(1_000), 3_000, 1_100), false)).toBe(1_100);
  });
});
