import { describe, expect, it } from 'vitest';
import type { PhaseTimeouts } from '../src/core/outcome.ts';
import { endOfAttempt } from './attempt-end.ts';
import type { Fault } from './fault.ts';
import { PLAIN_UPSTREAM, Upstream, type UpstreamSpec } from './upstream.ts';
import type { SimRequest } from './workload.ts';

const REQUEST: SimRequest = {
  model: 'gpt-4',
  stream: true,
  promptTokens: 10,
  estimatedTokens: 10,
  outputTokens: 11,
  maxTokens: undefined,
  timeoutMs: undefined,
  leavesAfterMs: undefined,
  callerCredentials: false,
};
const STREAM: PhaseTimeouts = {
  connectMs: 5_000,
  totalMs: undefined,
  firstContentMs: 2_000,
  idleMs: 500,
  setByCaller: false,
};
const PLAIN: PhaseTimeouts = { ...STREAM, totalMs: 2_000, firstContentMs: undefined, idleMs: undefined };

/** Answers after 100 ms, then one token in 10 ms; from 1 s to 2 s the fault holds. */
function upstream(fault?: Fault, more: Partial<UpstreamSpec> = {}): Upstream {
  const exact = { firstTokenMs: { median: 100, sigma: 0 }, perTokenMs: { median: 10, sigma: 0 } };
  const faults = fault === undefined ? [] : [{ fromMs: 1_000, toMs: 2_000, fault }];
  return new Upstream({ ...PLAIN_UPSTREAM, ...exact, faults, ...more }, 1, 0);
}

function attempt(of: Upstream, now: number, timeouts = STREAM) {
  of.accept(REQUEST, now);
  of.ended();
  return endOfAttempt(of, timeouts, timeouts.totalMs === undefined);
}

describe('an upstream', () => {
  it('gives its first token, then one after the other', () => {
    expect(attempt(upstream(), 0)).toEqual({ end: 'success', afterMs: 200, contentAfterMs: 100 });
    expect(attempt(upstream(), 0, PLAIN)).toEqual({ end: 'success', afterMs: 200, contentAfterMs: Infinity });
  });

  it('becomes slower with more in flight', () => {
    const busy = upstream(undefined, { softConcurrency: 1 });
    busy.accept(REQUEST, 0);
    expect(attempt(busy, 0).afterMs).toBe(400);
  });

  it('knows its faults by the time, and counts what came during one', () => {
    const slow = upstream({ kind: 'slow', factor: 3 });
    expect([0, 1_000, 1_999, 2_000].map((now) => slow.isFaulty(now))).toEqual([false, true, true, false]);
    expect([0, 1_000, 2_000].map((now) => attempt(slow, now).afterMs)).toEqual([200, 600, 200]);
    expect([slow.attempts, slow.attemptsInFault, slow.inFlight]).toEqual([3, 1, 0]);
  });

  it.each<[Fault, string, number]>([
    [{ kind: 'recovering', factor: 3 }, 'success', 400],
    [{ kind: 'failing', probability: 1, status: 500 }, 'failed', 300],
    [{ kind: 'failing', probability: 0, status: 500 }, 'success', 200],
    [{ kind: 'limited', retryAfterMs: 5_000 }, 'throttled', 50],
    [{ kind: 'down' }, 'refused', 1],
    [{ kind: 'silent' }, 'timeout', 2_000],
    [{ kind: 'cutting', probability: 1 }, 'cut', 150],
    [{ kind: 'slow', factor: 21 }, 'timeout', 2_000],
  ])('under %j ends as %s after %i ms', (fault, end, afterMs) => {
    expect(attempt(upstream(fault), 1_500)).toMatchObject({ end, afterMs });
  });

  it('that pauses longer than the stream may be silent is given up in the middle', () => {
    const pausing = upstream(undefined, { perTokenMs: { median: 600, sigma: 0 } });
    expect(attempt(pausing, 0)).toEqual({ end: 'stalled', afterMs: 600, contentAfterMs: 100 });
  });

  it('refuses what is over its limit, and says for how long where it does', () => {
    const limit = { kind: 'sliding-log', rpm: 1, phaseMs: 0 } as const;
    for (const namesRetryAfter of [true, false]) {
      const limited = upstream(undefined, { limit, namesRetryAfter });
      expect(attempt(limited, 0).end).toBe('success');
      expect(attempt(limited, 20_000).end).toBe('throttled');
      expect([limited.violations, limited.retryAfterMs]).toEqual([1, namesRetryAfter ? 40_000 : undefined]);
    }
  });
});
