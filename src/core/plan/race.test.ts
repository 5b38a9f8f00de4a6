// A silent stream and its rival: when one is wanted, who it is, and how the request goes on from each end of the two.
import { describe, expect, test } from 'vitest';
import { fallbacks, FAILURES, world, type Word, type World } from '../../../test/support/play-plan.ts';
import type { DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { openNow, blockUntil } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { ENOUGH_SAMPLES, expectedFirstContentMs, learnFirstContent } from '../first-content.ts';
import { rowOf } from '../fleet/fleet.ts';
import { inFlight } from '../fleet/operations.ts';
import { snapshot } from '../fleet/snapshot.ts';
import type { AttemptReport, Outcome } from '../outcome.ts';
import { createPlan, type Plan } from '../plan.ts';
import { plainIntent, type RequestIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { PlannedRival } from './rival.ts';

const rng = seededRng(11);
const SUCCESS: Outcome = { kind: 'success', usage: undefined, timing: { totalMs: 900, firstContentMs: 700 } };
const LOST: Outcome = { kind: 'abandoned' };
const first: DeploymentSketch = { order: 1 };
const second: DeploymentSketch = { order: 2 };
const third: DeploymentSketch = { order: 3 };

interface Setting extends Partial<RouterSettings> {
  readonly intent?: Partial<RequestIntent>;
}

class Stream {
  readonly plan: Plan;
  readonly world: World;
  readonly raceAfterMs: number | undefined;

  constructor(groups: Record<string, DeploymentSketch[]>, { intent, ...settings }: Setting = {}, at?: World) {
    this.world = at ?? world(groups, { settings });
    const asked: RequestIntent = { ...plainIntent({ model: 'm', stream: true, maxTokens: 10 }, 10), ...intent };
    this.plan = createPlan({ ...this.world, intent: asked, routeName: '', startedAtMs: 0, explain: true });
    const action = this.plan.next(0, rng);
    if (action.kind !== 'attempt') throw new Error(`no attempt but ${action.kind}`);
    this.raceAfterMs = action.attempt.raceAfterMs;
  }

  race(now = 10_000): PlannedRival | undefined {
    return this.plan.race(now, rng);
  }

  raced(now = 10_000): PlannedRival {
    const rival = this.race(now);
    if (rival === undefined) throw new Error('no rival');
    return rival;
  }

  end(report: AttemptReport, word: Exclude<Word, 'ok'>, { committed = false, now = 11_000 } = {}): void {
    report.record({ kind: 'failure', failure: FAILURES[word], committed, unsent: false }, now, rng);
  }

  /** `<group>-<nth>` of the next attempt, or the status of the end. */
  next(now = 12_000): string | number {
    const action = this.plan.next(now, rng);
    if (action.kind === 'attempt') return this.world.table.deployments[action.attempt.deployment]?.id ?? '';
    return action.kind === 'fail' ? action.failure.status : action.kind;
  }

  get inFlight(): number[] {
    return this.world.table.deployments.map(({ index }) => inFlight(this.world.fleet, index));
  }
}

const toOther = { fallbacks: fallbacks({ m: ['o'] }) };

describe('a rival is wanted', () => {
  test('after 10 s of a stream, or five times what its deployment usually takes', () => {
    const slow = new Stream({ m: [first, second] });
    expect(slow.raceAfterMs).toBe(10_000);
    const row = rowOf(slow.world.fleet, 0);
    for (let nth = 0; nth < ENOUGH_SAMPLES; nth++) learnFirstContent(row, 3_000);
    expect(new Stream({}, {}, slow.world).raceAfterMs).toBe(15_000);
  });

  test('after 150 s where the model or the request thinks first', () => {
    expect(new Stream({ m: [{ isReasoning: true }] }).raceAfterMs).toBe(150_000);
    expect(new Stream({ m: [first] }, { intent: { asksReasoning: true } }).raceAfterMs).toBe(150_000);
  });

  test('never after the attempt’s own limit', () => {
    expect(new Stream({ m: [first] }, { streamTimeoutMs: 10_001 }).raceAfterMs).toBe(10_000);
    expect(new Stream({ m: [first] }, { streamTimeoutMs: 10_000 }).raceAfterMs).toBeUndefined();
  });

  test.each([
    ['hedge is off', { hedge: 'off' }],
    ['it is no stream', { intent: { stream: false } }],
    ['the caller pays with a key of its own', { intent: { callerCredentials: true } }],
    ['it must not be sent twice', { intent: { retryUnsafe: true } }],
  ] satisfies [string, Setting][])('never when %s', (_, setting) => {
    expect(new Stream({ m: [first, second] }, setting).raceAfterMs).toBeUndefined();
  });

  test('never for an attempt that goes on with a broken stream, nor for one after a race', () => {
    const broken = new Stream({ m: [first, second] });
    const resumable = { isDeterministic: true, mayPrefill: true };
    const failure = FAILURES.e500;
    broken.plan.record({ kind: 'failure', failure, committed: true, unsent: false, resumable }, 5, rng);
    expect(broken.plan.next(6, rng)).toMatchObject({ attempt: { resume: 'replay', raceAfterMs: undefined } });
    const stream = new Stream({ m: [first, second, third] });
    const rival = stream.raced();
    expect(rival.attempt.raceAfterMs).toBeUndefined();
    stream.end(stream.plan, 'e500');
    stream.end(rival, 'e500');
    expect(stream.plan.next(12_000, rng)).toMatchObject({ attempt: { deployment: 2, raceAfterMs: undefined } });
  });
});

describe('the rival', () => {
  test('is another deployment of the group, charged, and one of its retries', () => {
    const stream = new Stream({ m: [first, second] });
    const { attempt } = stream.raced();
    expect(attempt).toMatchObject({ deployment: 1, group: 'm', isRival: true, retries: 1, fallbacks: 0 });
    expect(stream.inFlight).toEqual([1, 1]);
    expect(stream.plan.attempts).toBe(2);
    expect(stream.plan.trace?.steps.at(-1)).toMatchObject({ kind: 'race', group: 'm', silent: 'm-0', rival: 'm-1' });
  });

  test('is the only one of its request', () => {
    const stream = new Stream({ m: [first, second, third] });
    stream.raced();
    expect(stream.race()).toBeUndefined();
  });

  test('is nobody before the attempt or after its end', () => {
    const stream = new Stream({ m: [first, second] });
    stream.plan.record(LOST, 5, rng);
    expect(stream.race()).toBeUndefined();
  });

  test('is nobody where the operator allows no retry, in the group or in all', () => {
    expect(new Stream({ m: [first, second] }, { numRetries: 0 }).race()).toBeUndefined();
    expect(new Stream({ m: [first, second] }, { retriesPerRequest: 0 }).race()).toBeUndefined();
    expect(new Stream({ m: [first, second] }, { numRetries: 1, retriesPerRequest: 1 }).race()).toBeDefined();
  });

  test('is nobody who is open, blocked, tried, out of rotation or short of room', () => {
    const make = (sketch: DeploymentSketch = second): Stream => new Stream({ m: [first, sketch] });
    const open = make();
    const charge = open.world.fleet.freeCharges[1];
    if (charge !== undefined) openNow(open.world.fleet, charge, { trigger: TRIGGER.quota, now: 0, openMs: 1 });
    expect(open.race()).toBeUndefined();
    const blocked = make();
    blockUntil(blocked.world.fleet, 1, 10_001);
    expect(blocked.race()).toBeUndefined();
    expect(blocked.race(10_001)).toBeDefined();
    expect(make({ outOfRotation: 'no key' }).race()).toBeUndefined();
    const tried = new Stream({ m: [first, second] });
    tried.end(tried.plan, 'e500', { now: 5 });
    expect(tried.next(6)).toBe('m-1');
    expect(tried.race()).toBeUndefined();
  });

  test('must have a fifth of its limits left', () => {
    const withUsed = (used: number): Stream => {
      const stream = new Stream({ m: [first, { ...second, limits: { maxParallelRequests: 10 } }] });
      const row = rowOf(stream.world.fleet, 1);
      row.counters[row.counterAt + 1] = used;
      return stream;
    };
    expect(withUsed(8).race()).toBeDefined();
    expect(withUsed(9).race()).toBeUndefined();
  });

  test('is a fallback only where the group has nobody else and hedge allows it', () => {
    const groups = { m: [first], o: [{}] };
    expect(new Stream(groups, toOther).raced().attempt).toMatchObject({ deployment: 1, group: 'o', fallbacks: 1 });
    expect(new Stream(groups, { ...toOther, numRetries: 0 }).race()).toBeDefined();
    expect(new Stream(groups, { ...toOther, hedge: 'group' }).race()).toBeUndefined();
    expect(new Stream({ m: [first, second] }, { hedge: 'group' }).race()).toBeDefined();
    expect(new Stream(groups).race()).toBeUndefined();
    expect(new Stream({ m: [first] }, toOther).race()).toBeUndefined();
    const both = new Stream({ m: [first, second], o: [{}] }, { ...toOther, numRetries: 0 });
    expect(both.race()).toBeUndefined();
    expect(new Stream({ m: [first], o: [{ outOfRotation: 'no key' }] }, toOther).race()).toBeUndefined();
  });

  test('is nobody whom the request’s tags keep out', () => {
    const groups = {
      m: [
        { ...first, tags: ['a'] },
        { ...second, tags: ['b'] },
      ],
    };
    expect(new Stream(groups, { enableTagFiltering: true, intent: { tags: ['a'] } }).race()).toBeUndefined();
    expect(new Stream(groups, { intent: { tags: ['a'] } }).race()).toBeDefined();
  });

  test('is the next of an outer list where a fallback is as deep as it may be', () => {
    const lists = { m: ['o', 'p'], o: ['q'] };
    const groups = { m: [first], o: [{}], p: [{}], q: [{}] };
    const stream = new Stream(groups, { fallbacks: fallbacks(lists), maxFallbacks: 1, numRetries: 0 });
    stream.end(stream.plan, 'e500', { now: 5 });
    expect(stream.next(6)).toBe('o-0');
    expect(stream.raced().attempt).toMatchObject({ group: 'p', fallbacks: 2 });
    const deeper = new Stream(groups, { fallbacks: fallbacks(lists), maxFallbacks: 2, numRetries: 0 });
    deeper.end(deeper.plan, 'e500', { now: 5 });
    expect(deeper.next(6)).toBe('o-0');
    expect(deeper.raced().attempt).toMatchObject({ group: 'q', fallbacks: 1 });
  });

  test('is not the deployment that is silent, should a fallback hold it too', () => {
    const stream = new Stream({ m: [first] }, { fallbacks: fallbacks({ m: [{ model: 'm', overrides: { n: 1 } }] }) });
    expect(stream.race()).toBeUndefined();
  });

  test('is nobody when the group has raced too often', () => {
    const { world: at } = new Stream({ m: [first, second] });
    const raced = Array.from({ length: 5 }, () => new Stream({}, {}, at).race() !== undefined);
    expect(raced).toEqual([true, true, true, false, false]);
  });

  test('is earned back by streams, not by plain requests', () => {
    const { world: at } = new Stream({ m: [first, second] });
    const plain = { intent: { stream: false } };
    for (let nth = 0; nth < 3; nth++) new Stream({}, {}, at).raced();
    for (let nth = 0; nth < 40; nth++) expect(new Stream({}, plain, at).raceAfterMs).toBeUndefined();
    expect(new Stream({}, {}, at).race()).toBeUndefined();
    for (let nth = 0; nth < 15; nth++) expect(new Stream({}, {}, at).raceAfterMs).toBe(10_000);
    expect(new Stream({}, {}, at).race()).toBeDefined();
  });
});

describe('when both have ended', () => {
  test('the winner’s place is the request’s', () => {
    const stream = new Stream({ m: [first], o: [{}] }, toOther);
    const rival = stream.raced();
    expect(rival.content(10_500)).toBeUndefined();
    expect([stream.plan.group, stream.plan.deployment, stream.plan.fallbacks]).toEqual(['o', 1, 1]);
    stream.plan.record(LOST, 10_500, rng);
    rival.record(SUCCESS, 11_000, rng);
    expect(stream.inFlight).toEqual([0, 0]);
    expect(snapshot(stream.world.fleet, 0, 11_000)).toMatchObject({ successes: 0, failures: 0 });
    expect(snapshot(stream.world.fleet, 1, 11_000)).toMatchObject({ successes: 1, failures: 0 });
  });

  test('a rival that has lost counts against nobody', () => {
    const stream = new Stream({ m: [first, second] });
    const rival = stream.raced();
    stream.plan.content(10_200);
    rival.record(LOST, 10_200, rng);
    expect(rival.record(LOST, 10_300, rng)).toBeUndefined();
    stream.plan.record(SUCCESS, 11_000, rng);
    expect(stream.inFlight).toEqual([0, 0]);
    expect(snapshot(stream.world.fleet, 1, 11_000)).toMatchObject({
      successes: 0,
      failures: 0,
      consecutiveFailures: 0,
    });
  });

  test('a failure while the other one runs moves nothing, but counts', () => {
    const stream = new Stream({ m: [first, second, third] });
    const rival = stream.raced();
    stream.end(stream.plan, 'e500');
    expect([stream.plan.tried, stream.inFlight]).toEqual([[0], [0, 1, 0]]);
    expect(snapshot(stream.world.fleet, 0, 11_000)).toMatchObject({ failures: 1 });
    stream.end(rival, 'e503', { now: 11_500 });
    expect(stream.plan.tried).toEqual([0, 1]);
    expect(stream.next()).toBe('m-2');
  });

  test('the first attempt may outlive its rival', () => {
    const stream = new Stream({ m: [first, second, third] });
    const rival = stream.raced();
    stream.end(rival, 'e500');
    expect(stream.plan.tried).toEqual([1]);
    stream.end(stream.plan, 'e503', { now: 11_500 });
    expect(stream.next()).toBe('m-2');
    const won = new Stream({ m: [first, second] });
    won.end(won.raced(), 'e500');
    won.plan.record(SUCCESS, 11_000, rng);
    expect(won.inFlight).toEqual([0, 0]);
  });

  test('a fallback that was raced is not asked again, and both failures are told', () => {
    const setting = { fallbacks: fallbacks({ m: ['o', 'p'] }), numRetries: 0 };
    const groups = { m: [first], o: [{}], p: [{}] };
    for (const isRivalFirst of [false, true]) {
      const stream = new Stream(groups, setting);
      const rival = stream.raced();
      if (isRivalFirst) stream.end(rival, 'e503');
      stream.end(stream.plan, 'e500');
      if (!isRivalFirst) stream.end(rival, 'e503', { now: 11_001 });
      expect(stream.next()).toBe('p-0');
      stream.end(stream.plan, 'e500', { now: 13_000 });
      expect(stream.next(14_000)).toBe(500);
      const statuses = stream.plan.failures.map(({ status }) => status);
      expect(statuses).toEqual(isRivalFirst ? [503, 500, 500] : [500, 503, 500]);
    }
  });

  test('the client is told what the model came to that it asked for', () => {
    const stream = new Stream({ m: [first], o: [{}] }, { ...toOther, numRetries: 0 });
    const rival = stream.raced();
    stream.end(stream.plan, 'e401');
    stream.end(rival, 'e503', { now: 11_001 });
    expect(stream.next()).toBe(401);
  });

  test('a refusal of the request ends it, although the rival was given up', () => {
    const stream = new Stream({ m: [first, second, third] });
    const rival = stream.raced();
    stream.end(stream.plan, 'policy');
    rival.record(LOST, 11_000, rng);
    expect(stream.next()).toBe(400);
    expect(stream.inFlight).toEqual([0, 0, 0]);
  });

  test('a client that left ends both, and nothing moves', () => {
    const stream = new Stream({ m: [first, second] });
    const rival = stream.raced();
    stream.plan.record(LOST, 10_500, rng);
    rival.record(LOST, 10_500, rng);
    expect([stream.inFlight, stream.plan.failures]).toEqual([[0, 0], []]);
  });

  test('a winner that breaks later is gone on with from where it was', () => {
    const stream = new Stream({ m: [first, second, third] });
    const rival = stream.raced();
    rival.content(10_500);
    stream.plan.record(LOST, 10_500, rng);
    const resumable = { isDeterministic: true, mayPrefill: false };
    const failure = FAILURES.e500;
    rival.record({ kind: 'failure', failure, committed: true, unsent: false, resumable }, 11_000, rng);
    expect(stream.plan.next(11_001, rng)).toMatchObject({ attempt: { deployment: 2, resume: 'replay' } });
  });

  test('the time to first content is learned from who gave it', () => {
    const stream = new Stream({ m: [first, second] });
    for (let nth = 0; nth < ENOUGH_SAMPLES; nth++) {
      const next = new Stream({}, {}, stream.world);
      next.plan.record(SUCCESS, 900, rng);
    }
    expect(expectedFirstContentMs(rowOf(stream.world.fleet, 0), false)).toBe(700);
    expect(expectedFirstContentMs(rowOf(stream.world.fleet, 1), false)).toBe(2_000);
  });

  test('nothing is learned from a caller with a key of its own, nor from a plain answer', () => {
    const stream = new Stream({ m: [first] });
    for (let nth = 0; nth < ENOUGH_SAMPLES; nth++) {
      const own = new Stream({}, { intent: { callerCredentials: true } }, stream.world);
      own.plan.record(SUCCESS, 900, rng);
      const plain = new Stream({}, { intent: { stream: false } }, stream.world);
      plain.plan.record({ ...SUCCESS, timing: { totalMs: 900, firstContentMs: undefined } }, 900, rng);
    }
    expect(expectedFirstContentMs(rowOf(stream.world.fleet, 0), false)).toBe(2_000);
  });
});
