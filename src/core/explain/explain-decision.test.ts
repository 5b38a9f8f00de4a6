import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { blockUntil, openNow, recordFailure, recordSuccess, restUntil } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { AffinityMemory } from '../affinity/affinity-memory.ts';
import { rememberChoice } from '../affinity/stick.ts';
import { createFleet, freeChargeOf, type Fleet } from '../fleet/fleet.ts';
import { store } from '../fleet/cells.ts';
import { HUB } from '../fleet/lease-cells.ts';
import { leaseFleet } from '../fleet/leases.ts';
import { finished, started } from '../fleet/operations.ts';
import { admit } from '../limiter/limiter.ts';
import type { RouterSettings, RoutingTable } from '../routing-table.ts';
import { DEFAULT_STRATEGY_ARGS } from '../routing-table.ts';
import type { SelectContext } from '../select/select-context.ts';
import { select } from '../select/select.ts';
import { simpleShuffle } from '../strategy/simple-shuffle.ts';
import { chancesByScore, chancesByShare, MIDDLE } from './chances.ts';
import type { Limits } from '../deployment.ts';
import type { ExplainedCandidate, ExplainedDecision } from './decision.ts';
import { explainDecision } from './explain-decision.ts';

interface World {
  readonly table: RoutingTable;
  readonly fleet: Fleet;
}

function world(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}): World {
  const table = sketchTable({ deployments, settings });
  return { table, fleet: createFleet(table.deployments) };
}

function explain(at: World, now = 1_000, more: Partial<SelectContext> = {}): ExplainedDecision {
  return explainDecision(sketchContext(at, more), now);
}

function only(decision: ExplainedDecision): ExplainedCandidate {
  const [candidate] = decision.candidates;
  if (candidate === undefined) throw new Error('no candidate');
  return candidate;
}

/** `verdict/reason/probability in %` of each. */
function shown(decision: ExplainedDecision): string[] {
  return decision.candidates.map(
    ({ verdict, reason, probability }) => `${verdict}/${reason ?? '-'}/${Math.round(probability * 100)}`,
  );
}

function fail(fleet: Fleet, index: number, more: { now: number; allowedFails?: number }): void {
  const { now, allowedFails } = more;
  const context = { now, rng: seededRng(1), allowedFails, openMs: 1_000, retryAfterMs: undefined };
  recordFailure(fleet, freeChargeOf(fleet, index), context);
}

describe('a request that sticks to a deployment', () => {
  const OFF = { session: false, prompt: false, caller: false };
  const affinity = { flags: { ...OFF, session: true }, byGroup: new Map(), anywhere: OFF, ttlMs: 1_000 };
  const sticky = { session: 's', caller: undefined, prompts: [] };

  function stuck(more: Partial<SelectContext> = {}): ExplainedDecision {
    const at = world([{ id: 'a' }, { id: 'b' }, { id: 'c' }], { affinity });
    const memory = new AffinityMemory();
    const context = sketchContext(at, { affinity: memory, ...more });
    const asked = { ...context, intent: { ...context.intent, sticky } };
    rememberChoice(asked, 1, 500);
    return explainDecision(asked, 1_000);
  }

  it('goes nowhere else', () => {
    expect(shown(stuck())).toEqual(['passed over/sticky/0', 'kept/-/100', 'passed over/sticky/0']);
    expect(shown(stuck({ tried: [0] }))[0]).toBe('passed over/tried/0');
  });

  it('but to the others when that one has failed it', () => {
    expect(shown(stuck({ tried: [1] }))).toEqual(['kept/-/50', 'passed over/tried/0', 'kept/-/50']);
  });
});

describe('candidates', () => {
  it('that may be used share the probability by weight', () => {
    const decision = explain(world([{ weight: 1 }, { weight: 3 }]));
    expect(shown(decision)).toEqual(['kept/-/25', 'kept/-/75']);
    expect(decision.candidates.map(({ weight, score }) => [weight, score])).toEqual([
      [1, undefined],
      [3, undefined],
    ]);
    expect(decision.candidates.map(({ id, index }) => [id, index])).toEqual([
      ['d0', 0],
      ['d1', 1],
    ]);
    expect(decision).toMatchObject({
      strategy: 'simple-shuffle',
      promptTokens: 10,
      strategyArgs: { ttlMs: 3_600_000 },
    });
  });

  it('without any weight above zero are equal', () => {
    expect(shown(explain(world([{ weight: 0 }, { weight: 0 }])))).toEqual(['kept/-/50', 'kept/-/50']);
  });

  it('that have just recovered get their ramp of the share', () => {
    const at = world([{}, {}], {});
    openNow(at.fleet, freeChargeOf(at.fleet, 0), { trigger: TRIGGER.quota, now: 0, openMs: 500 });
    const probe = { ...freeChargeOf(at.fleet, 0), probe: true };
    recordSuccess(at.fleet, probe, 1_000);
    const [first] = explain(at, 3_000).candidates;
    expect(first?.breaker).toEqual({ state: 'closed', why: undefined, availableInMs: 0, ramp: 0.1 });
    expect(first?.probability).toBeCloseTo(0.1 / 1.1);
  });

  it.each([
    ['out of rotation', [{ outOfRotation: 'no key' }, {}], {}, {}, 'dropped/outOfRotation/0'],
    [
      'kept away by tags',
      [{ tags: ['a'] }, { tags: ['b'] }],
      { enableTagFiltering: true },
      { tags: ['b'] },
      'dropped/tagged/0',
    ],
    ['with too small a window', [{ maxInputTokens: 5 }, {}], {}, { minInputTokens: 6 }, 'dropped/tooSmall/0'],
    ['that the request has tried', [{}, {}], {}, { tried: [0] }, 'passed over/tried/0'],
    ['of a later order', [{ order: 2 }, { order: 1 }], {}, {}, 'passed over/order/0'],
  ] as const)('%s get nothing', (_, deployments, settings, more, first) => {
    expect(shown(explain(world(deployments, settings), 1_000, more))).toEqual([first, 'kept/-/100']);
  });

  it('blocked by their provider say for how long', () => {
    const at = world([{}, {}]);
    blockUntil(at.fleet, 0, 4_000);
    restUntil(at.fleet, 1, 3_000);
    const decision = explain(at, 1_000);
    expect(shown(decision)).toEqual(['dropped/blocked/0', 'dropped/blocked/0']);
    expect(decision.candidates.map(({ breaker }) => breaker)).toEqual([
      { state: 'closed', why: 'refused', availableInMs: 3_000, ramp: 1 },
      { state: 'closed', why: 'refused', availableInMs: 2_000, ramp: 1 },
    ]);
    expect(decision.candidates.map(({ freeInMs }) => freeInMs)).toEqual([3_000, 2_000]);
  });

  it.each([
    [TRIGGER.consecutive, 'failures in a row'],
    [TRIGGER.rate, 'failure rate'],
    [TRIGGER.allowedFails, 'allowed_fails'],
    [TRIGGER.misconfigured, 'misconfigured'],
    [TRIGGER.quota, 'quota'],
  ] as const)('with an open breaker say why it opened: %i', (trigger, why) => {
    const at = world([{}, {}]);
    openNow(at.fleet, freeChargeOf(at.fleet, 0), { trigger, now: 1_000, openMs: 5_000 });
    const decision = explain(at, 2_000, { hasFallback: true });
    expect(shown(decision)).toEqual(['dropped/open/0', 'kept/-/100']);
    expect(decision.candidates[0]?.breaker).toMatchObject({ state: 'open', why, availableInMs: 4_000 });
  });

  it('at a limit say what is used and when there is room', () => {
    const at = world([{ limits: { rpm: 1, tpm: 1_000, itpm: 500, otpm: 400, maxParallelRequests: 3 } }]);
    admit(at.fleet, 0, { promptTokens: 100, maxTokens: 50, now: 1_000, enforceLimits: true });
    started(at.fleet, 0);
    const candidate = only(explain(at, 11_000));
    expect(candidate).toMatchObject({ verdict: 'dropped', reason: 'limited', inFlight: 1, probability: 0 });
    expect(candidate.limits).toEqual([
      { name: 'rpm', limit: 1, used: 1, left: 0 },
      { name: 'tpm', limit: 1_000, used: 150, left: 850 },
      { name: 'itpm', limit: 500, used: 100, left: 400 },
      { name: 'otpm', limit: 400, used: 50, left: 350 },
      { name: 'max_parallel_requests', limit: 3, used: 1, left: 2 },
    ]);
    expect(candidate.freeInMs).toBeCloseTo(50_000, -1);
  });

  it('with a limit of zero never have room, and with all slots taken nobody knows when', () => {
    const at = world([{ limits: { rpm: 0 } }, { limits: { maxParallelRequests: 1 } }]);
    started(at.fleet, 1);
    const decision = explain(at);
    expect(shown(decision)).toEqual(['dropped/limited/0', 'dropped/parallel/0']);
    expect(decision.candidates[0]?.freeInMs).toBeUndefined();
    expect(decision.candidates[1]?.limits).toEqual([{ name: 'max_parallel_requests', limit: 1, used: 1, left: 0 }]);
  });

  it('under least-busy have a score, and the lowest wins', () => {
    const at = world([{}, {}, {}], { strategy: 'least-busy' });
    started(at.fleet, 1);
    const decision = explain(at);
    expect(shown(decision)).toEqual(['kept/-/50', 'kept/-/0', 'kept/-/50']);
    expect(decision.candidates.map(({ score, weight }) => [score, weight])).toEqual([
      [0, undefined],
      [1, undefined],
      [0, undefined],
    ]);
  });
});

describe('an overruled breaker', () => {
  it('is named where the last deployment keeps its traffic', () => {
    const at = world([{}]);
    for (let nth = 0; nth < 5; nth++) fail(at.fleet, 0, { now: 1_000 });
    expect(shown(explain(at, 1_100, { keepLast: true }))).toEqual(['overruled/-/100']);
    expect(shown(explain(at, 1_100, { keepLast: false }))).toEqual(['dropped/open/0']);
    expect(shown(explain(at, 1_100, { keepLast: true, ignoreHealth: true }))).toEqual(['kept/-/100']);
  });

  it('is named where half of a group is open by its failure rate', () => {
    const at = world([{}, {}]);
    for (const index of [0, 1]) {
      for (let nth = 0; nth < 12; nth++) {
        if (nth % 4 === 0) recordSuccess(at.fleet, freeChargeOf(at.fleet, index), 1_000);
        else fail(at.fleet, index, { now: 1_000 });
      }
    }
    const verdicts = explain(at, 1_100)
      .candidates.map(({ verdict }) => verdict)
      .toSorted();
    expect(verdicts).toEqual(['dropped', 'overruled']);
    expect(explain(at, 1_100, { hasFallback: true }).candidates.map(({ verdict }) => verdict)).toEqual([
      'dropped',
      'dropped',
    ]);
  });

  it('stays out where allowed_fails was set', () => {
    const at = world([{}]);
    fail(at.fleet, 0, { now: 1_000, allowedFails: 0 });
    expect(only(explain(at, 1_100, { keepLast: true }))).toMatchObject({
      verdict: 'dropped',
      reason: 'open',
      breaker: { why: 'allowed_fails' },
    });
  });
});

it('counts deployments with one id as one', () => {
  const at = world([{ id: 'same', limits: { rpm: 5 } }, { id: 'same' }, {}]);
  admit(at.fleet, 1, { promptTokens: 1, maxTokens: 1, now: 1_000, enforceLimits: true });
  expect(explain(at).candidates.map(({ limits }) => limits[0]?.used)).toEqual([1, 1, undefined]);
});

it('looks only at the candidates', () => {
  const at = world([{}, {}, {}]);
  expect(explain(at, 1_000, { candidates: [2] }).candidates.map(({ id }) => id)).toEqual(['d2']);
});

it('calls a candidate that the table has lost out of rotation', () => {
  const { fleet } = world([{}, {}]);
  const { table } = world([{}]);
  const [, lost] = explainDecision(sketchContext({ table, fleet }, { candidates: [0, 1] }), 1_000).candidates;
  expect(lost).toMatchObject({ id: '', verdict: 'dropped', reason: 'outOfRotation', order: undefined });
});

it('shows a hundred of very many candidates, those that may be picked first', () => {
  const many = Array.from({ length: 120 }, (_, nth): DeploymentSketch => ({ order: nth < 118 ? 2 : 1 }));
  const decision = explain(world(many));
  expect(decision.candidates).toHaveLength(100);
  expect(decision.omitted).toBe(20);
  expect(decision.candidates.map(({ id }) => id).slice(0, 4)).toEqual(['d118', 'd119', 'd0', 'd1']);
  expect(explain(world(many.slice(0, 100))).omitted).toBe(0);
});

it('draws evenly where nobody has any weight', () => {
  const { table, fleet } = world([{}, {}]);
  const context = {
    fleet,
    deployments: table.deployments,
    nowUs: 0,
    rng: MIDDLE,
    basis: 'weight',
    meanWeight: 0,
    weights: undefined,
    args: DEFAULT_STRATEGY_ARGS,
    stream: false,
    requestTokens: 1,
  } as const;
  expect([...chancesByShare(() => 0, context, [0, 1]).values()]).toEqual([
    { probability: 0.5, weight: 0, score: undefined },
    { probability: 0.5, weight: 0, score: undefined },
  ]);
});

it('asks a strategy that draws inside its scores with the middle of its chance', () => {
  const { table, fleet } = world([{ weight: 1 }, { weight: 2 }]);
  const context = {
    fleet,
    deployments: table.deployments,
    nowUs: 0,
    rng: MIDDLE,
    basis: 'weight',
    meanWeight: 1,
    weights: undefined,
    args: DEFAULT_STRATEGY_ARGS,
    stream: false,
    requestTokens: 1,
  } as const;
  expect([...chancesByScore(simpleShuffle, context, [0, 1]).values()]).toEqual([
    { probability: 0, weight: undefined, score: Math.LN2 },
    { probability: 1, weight: undefined, score: Math.LN2 / 2 },
  ]);
});

const sketch = fc.record(
  {
    weight: fc.nat(3),
    order: fc.constantFrom(1, 2),
    limits: fc.record(
      { rpm: fc.nat(3), tpm: fc.nat(2_000), maxParallelRequests: fc.integer({ min: 1, max: 2 }) },
      { requiredKeys: [] },
    ),
    outOfRotation: fc.constantFrom(undefined, undefined, 'placeholder'),
  },
  { requiredKeys: [] },
);
const happening = fc.record({
  index: fc.nat(4),
  what: fc.constantFrom('ask', 'start', 'end', 'fail', 'block', 'rest', 'open'),
  afterMs: fc.nat(20_000),
});

function happen({ fleet, table }: World, { index: raw, what }: { index: number; what: string }, now: number): void {
  const index = raw % table.deployments.length;
  const charge = freeChargeOf(fleet, index);
  if (what === 'ask') admit(fleet, index, { promptTokens: 30, maxTokens: 20, now, enforceLimits: true });
  else if (what === 'start') started(fleet, index);
  else if (what === 'end') finished(fleet, index);
  else if (what === 'fail') fail(fleet, index, { now });
  else if (what === 'block') blockUntil(fleet, index, now + 5_000);
  else if (what === 'rest') restUntil(fleet, index, now + 5_000);
  else openNow(fleet, charge, { trigger: TRIGGER.rate, now, openMs: 3_000 });
}

it('says what select then does, and leaves every number as it was', () => {
  const request = fc.record({
    strategy: fc.constantFrom('simple-shuffle' as const, 'least-busy' as const),
    hasFallback: fc.boolean(),
    keepLast: fc.boolean(),
    ignoreHealth: fc.boolean(),
    tried: fc.constantFrom([], [0], [0, 1]),
  });
  const property = fc.property(
    fc.array(sketch, { minLength: 1, maxLength: 5 }),
    fc.array(happening, { maxLength: 30 }),
    request,
    fc.nat(1_000),
    (sketches, happenings, { strategy, ...more }, seed) => {
      const at = world(sketches, { strategy });
      let now = 1_000;
      for (const each of happenings) happen(at, each, (now += each.afterMs));
      const context = sketchContext(at, { ...more, tried: more.tried.filter((index) => index < sketches.length) });
      const before = new Uint8Array(at.fleet.buffer.slice(0));
      const decision = explainDecision(context, now);
      expect(new Uint8Array(at.fleet.buffer)).toEqual(before);
      const total = decision.candidates.reduce((sum, { probability }) => sum + probability, 0);
      const selection = select(context, now, seededRng(seed));
      if (selection.kind === 'picked') {
        expect(total).toBeCloseTo(1);
        expect(decision.candidates[selection.deployment]?.probability).toBeGreaterThan(0);
      } else {
        expect(total).toBe(0);
        for (const { verdict, reason } of decision.candidates) {
          expect(verdict).toBe('dropped');
          expect(selection[reason as 'open']).toBeGreaterThan(0);
        }
      }
    },
  );
  fc.assert(property, { numRuns: fc.readConfigureGlobal().numRuns ?? 300 });
});

describe('limits that are shared with other instances', () => {
  function shared(limits: Partial<Limits>): World & { rings: number } {
    const { table, fleet } = world([{ limits }]);
    const leased = leaseFleet(fleet);
    const at = { table, fleet: leased, rings: 0 };
    leased.hub.bell.ring = () => (at.rings += 1);
    return at;
  }

  it.each([{ rpm: 6 }, { tpm: 600 }, { maxParallelRequests: 2 }])(
    'says that there is no lease, and asks for none: %o',
    (limits) => {
      const at = shared(limits);
      expect(only(explain(at))).toMatchObject({ verdict: 'dropped', reason: 'noLease', freeInMs: 100 });
      expect(at.rings).toBe(0);
      expect(select(sketchContext(at), 1_000, () => 0)).toMatchObject({
        kind: 'none',
        limited: 1,
        limitedUntilMs: 1_100,
      });
      expect(at.rings).toBe(1);
    },
  );

  it('says that a limit is used up where this instance has used it up itself', () => {
    const at = shared({ rpm: 1 });
    store(at.fleet.hub?.cells ?? new Float64Array(1), HUB.deadlineUs, 1);
    expect(select(sketchContext(at), 1_000, () => 0).kind).toBe('picked');
    expect(only(explain(at))).toMatchObject({ verdict: 'dropped', reason: 'limited', freeInMs: 60_000 });
  });
});
