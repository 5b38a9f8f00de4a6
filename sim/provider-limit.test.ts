import { describe, expect, it } from 'vitest';
import { limitCounter, type ProviderLimit } from './provider-limit.ts';

const SECOND = 1_000;

function answers(limit: ProviderLimit, times: readonly number[]): number[] {
  const counter = limitCounter(limit);
  return times.map((now) => Math.round(counter.take(now)));
}

describe("a provider's own limit", () => {
  it('as a bucket is full at first and refills evenly', () => {
    const limit = { kind: 'bucket', rpm: 2, phaseMs: 0 } as const;
    expect(answers(limit, [0, 0, 0, 10 * SECOND, 30 * SECOND])).toEqual([0, 0, 30 * SECOND, 20 * SECOND, 0]);
  });

  it('as a fixed window starts anew at its own phase', () => {
    const limit = { kind: 'fixed-window', rpm: 1, phaseMs: 10 * SECOND } as const;
    expect(answers(limit, [0, 49 * SECOND, 50 * SECOND, 51 * SECOND])).toEqual([0, SECOND, 0, 59 * SECOND]);
  });

  it('as a sliding log counts any 60 s, and not what it refused', () => {
    const limit = { kind: 'sliding-log', rpm: 2, phaseMs: 0 } as const;
    const times = [0, 30 * SECOND, 59 * SECOND, 60 * SECOND, 61 * SECOND];
    expect(answers(limit, times)).toEqual([0, 0, SECOND, 0, 29 * SECOND]);
  });
});
