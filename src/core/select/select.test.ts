import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { sketchContext, sketchTable } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { blockUntil, openNow, recordFailure, recordSuccess, restUntil } from '../breaker/breaker.ts';
import { breakerState, TRIGGER } from '../breaker/standing.ts';
import { createFleet, freeChargeOf } from '../fleet/fleet.ts';
import { finished, inFlight } from '../fleet/operations.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { NonePicked, Picked, SelectContext } from './select-context.ts';
import { select } from './select.ts';

class Group {
  readonly rng = seededRng(5);
  readonly table;
  readonly fleet;

  constructor(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}) {
    this.table = sketchTable({ deployments, settings });
    this.fleet = createFleet(this.table.deployments);
  }

  context(more: Partial<SelectContext> = {}): SelectContext {
    return sketchContext(this, more);
  }

  pick(now: number, more: Partial<SelectContext> = {}): Picked {
    const selection = select(this.context(more), now, this.rng);
    if (selection.kind === 'none') throw new Error(JSON.stringify(selection));
    finished(this.fleet, selection.deployment);
    return selection;
  }

  none(now: number, more: Partial<SelectContext> = {}): NonePicked {
    const selection = select(this.context(more), now, this.rng);
    if (selection.kind === 'picked') throw new Error(`picked ${selection.deployment}`);
    return selection;
  }

  /** Everything that 40 decisions pick. */
  picks(now: number, more: Partial<SelectContext> = {}): number[] {
    const picked = new Set(Array.from({ length: 40 }, () => this.pick(now, more).deployment));
    return [...picked].toSorted((a, b) => a - b);
  }

  /** Opens by failures in a row: our own judgement. */
  fail(index: number, now: number, times = 5): void {
    for (let nth = 0; nth < times; nth++) {
      recordFailure(this.fleet, freeChargeOf(this.fleet, index), {
        now,
        rng: this.rng,
        allowedFails: undefined,
        openMs: 1_000,
        retryAfterMs: undefined,
      });
    }
  }

  /** Opens by the rate of failures: three good, then bad ones between good ones. */
  failByRate(index: number, now: number): void {
    for (let nth = 0; nth < 12; nth++) {
      if (nth % 4 === 0) recordSuccess(this.fleet, freeChargeOf(this.fleet, index), now);
      else this.fail(index, now, 1);
    }
  }
}

describe('filtering', () => {
  test('a deployment out of rotation gets nothing', () => {
    const group = new Group([{ outOfRotation: 'api_key is a placeholder' }, {}]);
    expect(group.picks(0)).toEqual([1]);
    expect(group.none(0, { candidates: [0] })).toMatchObject({ total: 1, outOfRotation: 1, soonestMs: undefined });
  });

  test('open and blocked deployments get nothing while another is free', () => {
    const group = new Group([{}, {}, {}]);
    group.fail(0, 0);
    blockUntil(group.fleet, 1, 30_000);
    expect(group.picks(10)).toEqual([2]);
    expect(group.picks(1_000)).not.toContain(1);
    expect(group.picks(30_000)).toContain(1);
  });

  test('limits decide: 6 and 6 rpm give 12 in a minute, and the refusal knows when the next is free', () => {
    const group = new Group([{ limits: { rpm: 6 } }, { limits: { rpm: 6 } }]);
    for (let nth = 0; nth < 12; nth++) group.pick(nth);
    expect(group.none(100)).toMatchObject({ limited: 2, soonestMs: 60_000 });
    expect(group.pick(60_000).charge.counted).toBe(true);
  });

  test('enforce_limits false makes them weights only', () => {
    const group = new Group([{ limits: { rpm: 1 } }], { enforceLimits: false });
    for (let nth = 0; nth < 5; nth++) expect(group.pick(nth).charge.counted).toBe(false);
  });

  test('the winner is in flight and charged when the decision returns', () => {
    const group = new Group([{ limits: { maxParallelRequests: 1 } }]);
    expect(select(group.context(), 0, group.rng).kind).toBe('picked');
    expect(inFlight(group.fleet, 0)).toBe(1);
    expect(group.none(0)).toMatchObject({ parallel: 1, soonestMs: undefined });
  });

  test('a known window that is too small is left out, an unknown one is not', () => {
    const group = new Group([{ maxInputTokens: 100 }, { maxInputTokens: 200 }, {}]);
    expect(group.picks(0, { minInputTokens: 150 })).toEqual([1, 2]);
    expect(group.none(0, { minInputTokens: 150, candidates: [0] })).toMatchObject({ tooSmall: 1 });
  });

  test('candidates outside the list are never picked', () => {
    const group = new Group([{}, {}, {}]);
    expect(group.picks(0, { candidates: [2, 1] })).toEqual([1, 2]);
  });
});

describe('tags', () => {
  const tagged = [{ tags: ['free'] }, { tags: ['paid', 'eu'] }, { tags: ['default'] }, {}];
  const untaggedGroup = [{ tags: ['free'] }, { tags: ['paid'] }];
  const rows: { name: string; tags: string[]; deployments?: DeploymentSketch[]; all?: boolean; expected: number[] }[] =
    [
      { name: 'a tag selects', tags: ['free'], expected: [0] },
      { name: 'any of several tags is enough', tags: ['paid', 'zzz'], expected: [1] },
      { name: 'several tags select several', tags: ['free', 'paid'], expected: [0, 1] },
      { name: 'all are needed when matching any is off', tags: ['paid', 'eu'], all: true, expected: [1] },
      { name: 'an unknown tag falls to default', tags: ['unknown'], expected: [2] },
      { name: 'no tag means default where there is one', tags: [], expected: [2] },
      { name: 'no tag means all where there is no default', tags: [], deployments: untaggedGroup, expected: [0, 1] },
      { name: 'a tag with ! excludes', tags: ['!free'], deployments: untaggedGroup, expected: [1] },
      { name: 'a tag with & must be there beside another', tags: ['paid', 'free', '&eu'], expected: [1] },
    ];

  test.each(rows)('$name', ({ tags, deployments, all, expected }) => {
    const settings = { enableTagFiltering: true, tagFilteringMatchAny: all !== true };
    expect(new Group(deployments ?? tagged, settings).picks(0, { tags })).toEqual(expected);
  });

  test('an unknown tag without a default deployment leaves nobody', () => {
    const group = new Group(untaggedGroup, { enableTagFiltering: true });
    expect(group.none(0, { tags: ['unknown'] })).toMatchObject({ total: 2, tagged: 2 });
  });

  test('a tag whose deployment is cooling is a shortage, not forbidden', () => {
    const group = new Group(tagged, { enableTagFiltering: true });
    blockUntil(group.fleet, 0, 9_000);
    expect(group.none(0, { tags: ['free'] })).toMatchObject({ tagged: 3, blocked: 1, soonestMs: 9_000 });
  });

  test('without tag filtering tags mean nothing', () => {
    expect(new Group(tagged).picks(0, { tags: ['free'] })).toEqual([0, 1, 2, 3]);
  });
});

describe('preferring', () => {
  test('the lowest order among the survivors wins, no order is last', () => {
    const group = new Group([{ order: 2 }, { order: 1 }, {}, { order: 1 }]);
    expect(group.picks(0)).toEqual([1, 3]);
    group.fail(1, 0);
    group.fail(3, 0);
    expect(group.picks(1)).toEqual([0]);
    blockUntil(group.fleet, 0, 500);
    expect(group.picks(2)).toEqual([2]);
  });

  test('what the request has not tried comes first, of any order; when all are tried, order decides again', () => {
    const group = new Group([{ order: 1 }, { order: 1 }, { order: 2 }]);
    expect(group.picks(0, { tried: [0] })).toEqual([1]);
    expect(group.picks(0, { tried: [0, 1] })).toEqual([2]);
    expect(group.picks(0, { tried: [0, 1, 2] })).toEqual([0, 1]);
  });

  test('a deployment with weight 0 is used when it is the only one not tried', () => {
    const group = new Group([{ weight: 0 }, { weight: 5 }]);
    expect(group.picks(0)).toEqual([1]);
    expect(group.picks(0, { tried: [1] })).toEqual([0]);
  });
});

describe('half-open', () => {
  test('exactly one request is the probe until it is reported', () => {
    const group = new Group([{}]);
    openNow(group.fleet, freeChargeOf(group.fleet, 0), { trigger: TRIGGER.misconfigured, now: 0, openMs: 1_000 });
    expect(group.none(999)).toMatchObject({ open: 1, soonestMs: 1_000 });
    const probe = group.pick(1_000);
    expect(probe.charge.probe).toBe(true);
    expect(group.none(1_001)).toMatchObject({ open: 1, soonestMs: undefined });
    recordSuccess(group.fleet, probe.charge, 1_002);
    expect(group.pick(1_003).charge.probe).toBe(false);
  });

  test('a recovering deployment gets a growing share', () => {
    const group = new Group([{}, {}]);
    group.fail(0, 0);
    while (breakerState(group.fleet, 0, 1_000) !== 'closed') {
      const picked = group.pick(1_000);
      recordSuccess(group.fleet, picked.charge, 1_000);
    }
    const share = (now: number): number =>
      Array.from({ length: 1_000 }, () => group.pick(now).deployment).filter((index) => index === 0).length;
    const early = share(1_001);
    const later = share(11_000);
    expect(early).toBeLessThan(150);
    expect(later).toBeGreaterThan(250);
    expect(later).toBeLessThan(420);
    expect(share(22_000)).toBeGreaterThan(430);
  });
});

describe('the last deployment', () => {
  test('keeps its traffic when only failures stand against it', () => {
    const group = new Group([{}]);
    group.fail(0, 0);
    expect(group.none(1, { keepLast: false })).toMatchObject({ open: 1 });
    const picked = group.pick(1, { keepLast: true });
    recordSuccess(group.fleet, picked.charge, 2);
    expect(breakerState(group.fleet, 0, 2)).toBe('closed');
  });

  test('is the one with the fewest failures in a row, and not one that was tried', () => {
    const group = new Group([{}, {}, {}]);
    group.fail(0, 0, 9);
    group.fail(1, 0, 5);
    group.fail(2, 0, 7);
    expect(group.pick(1, { keepLast: true }).deployment).toBe(1);
    expect(group.pick(1, { keepLast: true, tried: [1] }).deployment).toBe(2);
  });

  test('of equally bad ones is the one that is due soonest', () => {
    const group = new Group([{}, {}]);
    group.fail(0, 500);
    group.fail(1, 0);
    expect(group.pick(600, { keepLast: true }).deployment).toBe(1);
  });

  test('rests after a 429 without a time only if there are others', () => {
    const lone = new Group([{}]);
    restUntil(lone.fleet, 0, 5_000);
    expect(lone.pick(1, { keepLast: true }).deployment).toBe(0);
    const pair = new Group([{}, {}]);
    restUntil(pair.fleet, 0, 5_000);
    restUntil(pair.fleet, 1, 3_000);
    expect(pair.none(1, { keepLast: true })).toMatchObject({ blocked: 2, soonestMs: 3_000 });
  });

  test.each([
    ['a provider that named a time', (group: Group) => blockUntil(group.fleet, 0, 5_000)],
    [
      'a misconfigured deployment',
      (group: Group) =>
        openNow(group.fleet, freeChargeOf(group.fleet, 0), { trigger: TRIGGER.misconfigured, now: 0, openMs: 5_000 }),
    ],
    [
      "an operator's allowed_fails",
      (group: Group) =>
        recordFailure(group.fleet, freeChargeOf(group.fleet, 0), {
          now: 0,
          rng: group.rng,
          allowedFails: 0,
          openMs: 5_000,
          retryAfterMs: undefined,
        }),
    ],
  ])('is not used against %s', (_, harm) => {
    const group = new Group([{}]);
    harm(group);
    expect(group.none(1, { keepLast: true }).soonestMs).toBe(5_000);
  });

  test('is not used when another is merely full', () => {
    const group = new Group([{}, { limits: { rpm: 1 } }]);
    group.fail(0, 0);
    group.pick(1);
    expect(group.none(2, { keepLast: true })).toMatchObject({ open: 1, limited: 1, soonestMs: 1_000 });
  });
});

describe('ejection by the failure rate', () => {
  function ejected(count: number): Group {
    const group = new Group([{}, {}, {}, {}]);
    for (let index = 0; index < count; index++) group.failByRate(index, index);
    return group;
  }

  test('takes half of a group and no more', () => {
    expect(ejected(2).picks(10)).toEqual([2, 3]);
    expect(ejected(3).picks(10)).toEqual([0, 3]);
    expect(ejected(4).picks(10)).toEqual([0, 1]);
  });

  test('brings nobody back who has no room', () => {
    const group = new Group([{ limits: { rpm: 1 } }, {}, {}]);
    group.pick(0, { candidates: [0] });
    for (const index of [0, 1, 2]) group.failByRate(index, index);
    expect(group.picks(10)).toEqual([1]);
  });

  test('takes all of it when there is a fallback', () => {
    expect(ejected(3).picks(10, { hasFallback: true })).toEqual([3]);
    expect(ejected(4).none(10, { hasFallback: true })).toMatchObject({ open: 4 });
  });
});

test('an id is served whatever its breaker says, and within its limits all the same', () => {
  const group = new Group([{ limits: { rpm: 1 } }]);
  group.fail(0, 0);
  blockUntil(group.fleet, 0, 9_000);
  expect(group.pick(1, { ignoreHealth: true }).deployment).toBe(0);
  expect(group.none(2, { ignoreHealth: true })).toMatchObject({ limited: 1, soonestMs: 60_001 });
});

test('whatever stands in the way, every candidate is counted under exactly one reason', () => {
  const harm = fc.record({
    out: fc.boolean(),
    rpm: fc.constantFrom(undefined, 0, 1),
    open: fc.boolean(),
    block: fc.boolean(),
    window: fc.constantFrom(undefined, 5),
  });
  fc.assert(
    fc.property(fc.array(harm, { minLength: 1, maxLength: 8 }), fc.boolean(), (harms, keepLast) => {
      const group = new Group(
        harms.map(({ out, rpm, window }) => ({
          outOfRotation: out ? 'x' : undefined,
          limits: { rpm },
          maxInputTokens: window,
        })),
      );
      harms.forEach(({ open, block }, index) => {
        if (open) group.fail(index, 0);
        if (block) blockUntil(group.fleet, index, 700);
      });
      for (let nth = 0; nth < 20; nth++) {
        const selection = select(group.context({ keepLast, minInputTokens: 6 }), 1, group.rng);
        if (selection.kind === 'picked') continue;
        const { kind: _, total, soonestMs, returnMs, limitedUntilMs, ...reasons } = selection;
        expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(total);
        if (soonestMs !== undefined) expect(soonestMs).toBeGreaterThan(1);
        expect(returnMs).toBe(soonestMs);
        if (limitedUntilMs !== undefined) expect(limitedUntilMs).toBeGreaterThanOrEqual(soonestMs ?? Infinity);
        return;
      }
    }),
  );
});
