import { describe, expect, test } from 'vitest';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { blockUntil, markProbe, openNow, recordFailure, restUntil } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { createFleet, freeChargeOf, rowOf } from '../fleet/fleet.ts';
import { started } from '../fleet/operations.ts';
import { filterRules, type Moment } from './filter.ts';
import { leastBad, readmitEjected } from './overrule.ts';
import type { SelectContext } from './select-context.ts';

class Group {
  readonly table;
  readonly fleet;

  constructor(deployments: readonly DeploymentSketch[]) {
    this.table = sketchTable({ deployments });
    this.fleet = createFleet(this.table.deployments);
  }

  context(more: Partial<SelectContext> = {}): SelectContext {
    return sketchContext(this, more);
  }

  moment(context: SelectContext): Moment {
    return { nowUs: 1_000, rules: filterRules(context, 1_000) };
  }

  open(index: number, trigger: number, openMs = 5_000): this {
    openNow(this.fleet, freeChargeOf(this.fleet, index), { trigger, now: 0, openMs });
    return this;
  }

  failAgain(index: number, times: number): this {
    for (let nth = 0; nth < times; nth++) {
      const context = { now: 0, rng: () => 0, allowedFails: undefined, openMs: 1, retryAfterMs: undefined };
      recordFailure(this.fleet, freeChargeOf(this.fleet, index), context);
    }
    return this;
  }

  leastBad(more: Partial<SelectContext> = {}): number | undefined {
    const context = this.context(more);
    return leastBad(context, this.moment(context));
  }

  /** What comes back behind `count` that are usable anyway. */
  readmitted(count: number, more: Partial<SelectContext> = {}): number[] {
    const context = this.context(more);
    this.fleet.scratch.fill(-1);
    const readmitted = readmitEjected(context, this.moment(context), count);
    return [...this.fleet.scratch.subarray(count, readmitted)];
  }
}

function group(count: number, sketch: DeploymentSketch = {}): Group {
  return new Group(Array.from({ length: count }, () => sketch));
}

describe('readmission', () => {
  test('brings back whoever is due soonest until half of the group is in', () => {
    const three = group(4).open(0, TRIGGER.rate, 7_000).open(1, TRIGGER.rate, 5_000).open(3, TRIGGER.rate, 6_000);
    expect(three.readmitted(1)).toEqual([1]);
    expect(three.open(2, TRIGGER.rate, 4_000).readmitted(0)).toEqual([2, 1]);
  });

  test('leaves half of the group out, the larger half of an odd one in', () => {
    expect(group(4).open(0, TRIGGER.rate).open(1, TRIGGER.rate).readmitted(2)).toEqual([]);
    expect(group(3).open(0, TRIGGER.rate).open(1, TRIGGER.rate).readmitted(1)).toEqual([0]);
    expect(group(1).open(0, TRIGGER.rate).readmitted(0)).toEqual([0]);
  });

  test('is for the failure rate alone, also while a probe is out', () => {
    for (const trigger of [TRIGGER.consecutive, TRIGGER.allowedFails, TRIGGER.misconfigured, TRIGGER.quota]) {
      expect(group(1).open(0, trigger).readmitted(0)).toEqual([]);
    }
    const probed = group(1).open(0, TRIGGER.rate, 0.5);
    expect(probed.readmitted(0)).toEqual([]);
    markProbe(rowOf(probed.fleet, 0), 0.6);
    expect(probed.readmitted(0)).toEqual([0]);
  });

  test('passes over blocked ones, whatever opened them before', () => {
    const blocked = group(1).open(0, TRIGGER.rate);
    blockUntil(blocked.fleet, 0, 9_000);
    expect(blocked.readmitted(0)).toEqual([]);
  });

  test('counts only those that the request may use', () => {
    const mixed = new Group([{}, { outOfRotation: 'no key' }, { maxInputTokens: 5 }, {}]);
    mixed.open(0, TRIGGER.rate).open(1, TRIGGER.rate).open(2, TRIGGER.rate);
    expect(mixed.readmitted(1, { minInputTokens: 6 })).toEqual([]);
    expect(mixed.open(3, TRIGGER.rate).readmitted(0, { minInputTokens: 6 })).toEqual([0]);
    expect(mixed.readmitted(0, { minInputTokens: 6, candidates: [3] })).toEqual([3]);
  });

  test('passes over one that is full', () => {
    const full = new Group([{ limits: { maxParallelRequests: 1 } }, {}]);
    full.open(0, TRIGGER.rate, 5_000).open(1, TRIGGER.rate, 6_000);
    expect(full.readmitted(0)).toEqual([0]);
    started(full.fleet, 0);
    expect(full.readmitted(0)).toEqual([]);
  });
});

describe('the least bad one', () => {
  test('has the fewest failures in a row, then is due soonest', () => {
    const three = group(3);
    for (const index of [0, 1, 2]) three.open(index, TRIGGER.consecutive, 5_000 - index);
    three.failAgain(0, 1).failAgain(2, 2);
    expect(three.leastBad()).toBe(1);
    const alike = group(3).open(0, TRIGGER.rate, 7_000).open(1, TRIGGER.rate, 5_000).open(2, TRIGGER.rate, 6_000);
    expect(alike.leastBad()).toBe(1);
    expect(alike.leastBad({ candidates: [2, 0] })).toBe(2);
  });

  test('is one that the request has not tried, else any', () => {
    const pair = group(2).open(0, TRIGGER.rate).open(1, TRIGGER.consecutive).failAgain(1, 3);
    expect(pair.leastBad({ tried: [0] })).toBe(1);
    expect(pair.leastBad({ tried: [1] })).toBe(0);
    expect(pair.leastBad({ tried: [0, 1] })).toBe(0);
  });

  test.each([
    ['failures in a row', TRIGGER.consecutive, true, true],
    ['the rate of failures', TRIGGER.rate, true, true],
    ['a quota that is gone', TRIGGER.quota, true, false],
    ['allowed_fails', TRIGGER.allowedFails, false, false],
    ['a wrong config', TRIGGER.misconfigured, false, false],
  ])('may be used against %s: alone %s %s, with others %s', (_name, trigger, alone, withOthers) => {
    expect(group(1).open(0, trigger).leastBad()).toBe(alone ? 0 : undefined);
    const pair = group(2).open(0, trigger).open(1, TRIGGER.rate, 9_000).failAgain(1, 1);
    expect(pair.leastBad()).toBe(withOthers ? 0 : undefined);
  });

  test('may be used while its probe is out', () => {
    const probed = group(1).open(0, TRIGGER.consecutive, 0.5);
    expect(probed.leastBad()).toBeUndefined();
    markProbe(rowOf(probed.fleet, 0), 0.6);
    expect(probed.leastBad()).toBe(0);
  });

  test('may be used while it rests only if it is alone, and never while it is blocked or ready', () => {
    const lone = group(1);
    expect(lone.leastBad()).toBeUndefined();
    restUntil(lone.fleet, 0, 5_000);
    expect(lone.leastBad()).toBe(0);
    blockUntil(lone.fleet, 0, 5_000);
    expect(lone.leastBad()).toBeUndefined();
    const pair = group(2).open(0, TRIGGER.rate);
    restUntil(pair.fleet, 1, 5_000);
    expect(pair.leastBad()).toBeUndefined();
  });

  test('has room', () => {
    const pair = new Group([{ limits: { maxParallelRequests: 1 } }, {}]);
    pair.open(0, TRIGGER.rate).open(1, TRIGGER.rate).failAgain(1, 1);
    expect(pair.leastBad()).toBe(0);
    started(pair.fleet, 0);
    expect(pair.leastBad()).toBe(1);
  });

  test('is alone when nobody else may be used at all', () => {
    const mixed = new Group([{}, { outOfRotation: 'no key' }]);
    restUntil(mixed.fleet, 0, 5_000);
    expect(mixed.leastBad()).toBe(0);
    expect(mixed.leastBad({ candidates: [1] })).toBeUndefined();
    expect(mixed.leastBad({ candidates: [] })).toBeUndefined();
  });
});
