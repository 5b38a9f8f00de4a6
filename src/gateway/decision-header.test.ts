import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExplainedCandidate } from '../core/explain/decision.ts';
import type { PlanStep } from '../core/explain/plan-trace.ts';
import { DEFAULT_STRATEGY_ARGS } from '../core/routing-table.ts';
import { decisionHeader } from './decision-header.ts';

function candidate(more: Partial<ExplainedCandidate> = {}): ExplainedCandidate {
  return {
    index: 0,
    id: 'd0',
    verdict: 'kept',
    reason: undefined,
    freeInMs: 0,
    probability: 1 / 3,
    weight: 2,
    score: undefined,
    order: undefined,
    tried: false,
    inFlight: 0,
    limits: [],
    breaker: { state: 'closed', why: undefined, availableInMs: 0, ramp: 1 },
    ...more,
  };
}

function decision(candidates: readonly ExplainedCandidate[], omitted = 0): PlanStep {
  const common = { strategy: 'simple-shuffle', strategyArgs: DEFAULT_STRATEGY_ARGS, promptTokens: 7 } as const;
  return {
    atMs: 1.23456,
    kind: 'decision',
    group: 'g',
    picked: 'd0',
    soonestInMs: undefined,
    decision: { ...common, candidates, omitted },
  };
}

function steps(header: string): Record<string, unknown>[] {
  return (JSON.parse(header) as { steps: Record<string, unknown>[] }).steps;
}

describe('the decision header', () => {
  it('shows a plain candidate without what is at its default', () => {
    expect(decisionHeader([decision([candidate()])])).toBe(
      '{"steps":[{"at_ms":1.235,"step":"decision","group":"g","picked":"d0","strategy":"simple-shuffle",' +
        '"prompt_tokens":7,"candidates":[{"id":"d0","verdict":"kept","probability":0.333,"weight":2,"in_flight":0}]}]}',
    );
  });

  it('shows all that is not', () => {
    const dropped = candidate({
      verdict: 'dropped',
      reason: 'open',
      freeInMs: 1_500,
      probability: 0,
      weight: undefined,
      score: 4,
      order: 2,
      tried: true,
      limits: [{ name: 'rpm', limit: 5, used: 2, left: 3 }],
      breaker: { state: 'half-open', why: 'quota', availableInMs: 1_500.5, ramp: 0.5 },
    });
    const [shown] = steps(decisionHeader([decision([dropped], 3)]));
    expect(shown).toMatchObject({ omitted: 3 });
    expect(shown?.['candidates']).toEqual([
      {
        id: 'd0',
        verdict: 'dropped',
        reason: 'open',
        free_in_ms: 1_500,
        probability: 0,
        score: 4,
        order: 2,
        tried: true,
        in_flight: 0,
        limits: { rpm: { limit: 5, used: 2, left: 3 } },
        breaker: { state: 'half-open', why: 'quota', available_in_ms: 1_500.5, ramp: 0.5 },
      },
    ]);
  });

  it('shows every kind of step', () => {
    const failure = { cause: 'server_error', status: 500, class: 'InternalServerError' } as const;
    const all: PlanStep[] = [
      { atMs: 0, kind: 'group', asked: 'a', group: 'b', as: 'alias' },
      { atMs: 1, kind: 'decision', group: 'a', picked: undefined, soonestInMs: 20, decision: undefined },
      { atMs: 2, kind: 'failed', deployment: 'd', failure },
      { atMs: 3, kind: 'retry', retry: 1, of: 2, among: 3, pauseMs: 4, reason: 'backoff', isDeferred: true },
      { atMs: 4, kind: 'fallback', from: 'a', to: 'c', list: 'fallbacks' },
      { atMs: 5, kind: 'wait', waitMs: 6, reason: 'capacity' },
      { atMs: 6, kind: 'counted', promptTokens: 9 },
      { atMs: 7, kind: 'end', failure },
    ];
    expect(steps(decisionHeader(all))).toEqual([
      { at_ms: 0, step: 'group', asked: 'a', group: 'b', as: 'alias' },
      { at_ms: 1, step: 'decision', group: 'a', picked: null, soonest_in_ms: 20 },
      { at_ms: 2, step: 'failed', deployment: 'd', ...failure },
      { at_ms: 3, step: 'retry', retry: 1, of: 2, among: 3, reason: 'backoff', pause_ms: 4, after_fallbacks: true },
      { at_ms: 4, step: 'fallback', from: 'a', to: 'c', list: 'fallbacks' },
      { at_ms: 5, step: 'wait', wait_ms: 6, reason: 'capacity' },
      { at_ms: 6, step: 'counted', prompt_tokens: 9 },
      { at_ms: 7, step: 'end', ...failure },
    ]);
  });

  it('drops the numbers first where it would be too long, and says where they are', () => {
    const many = Array.from({ length: 100 }, (_, nth) => candidate({ id: `deployment-${nth}` }));
    const header = decisionHeader([decision(many), { atMs: 9, kind: 'counted', promptTokens: 1 }]);
    const [first, second] = steps(header);
    expect(first?.['candidates']).toHaveLength(20);
    expect(first?.['candidates']).toContainEqual({
      id: 'deployment-0',
      verdict: 'kept',
      probability: 0.333,
    });
    expect(first).toMatchObject({ omitted: 80, strategy: 'simple-shuffle' });
    expect(second).toMatchObject({ step: 'counted' });
    expect(JSON.parse(header)).toHaveProperty('cut', 'see GET /admin/requests/{call id}');
  });

  it('keeps the first steps of very many', () => {
    const many = Array.from({ length: 100 }, () => decision([candidate(), candidate()]));
    expect(steps(decisionHeader(many)).length).toBeGreaterThan(20);
  });

  it('is printable ASCII of at most 8 kB and JSON, whatever the names', () => {
    const step = fc
      .record({ name: fc.string({ unit: 'binary', maxLength: 3_000 }), count: fc.nat(100), isPlain: fc.boolean() })
      .map(({ name, count, isPlain }): PlanStep => {
        if (isPlain) return { atMs: 0, kind: 'group', asked: name, group: name, as: 'wildcard' };
        return decision(Array.from({ length: count }, () => candidate({ id: name })));
      });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (all) => {
        const header = decisionHeader(all);
        expect(header.length).toBeLessThanOrEqual(8_192);
        expect(header).toMatch(/^[\x20-\x7e]*$/);
        expect(steps(header).length).toBeLessThanOrEqual(all.length);
      }),
      { numRuns: 60 },
    );
  });
});
