// What holds for every history of requests, however they overlap and whatever the deployments answer. Histories are small
// and many: most mistakes need three requests and two deployments.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FAILURES,
  fallbacks,
  outcomeOf,
  plain,
  world,
  type Word,
  type World,
} from '../../../test/support/play-plan.ts';
import { MANY_RUNS } from '../../../test/support/property-runs.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { breakerState, standingOf, TRIGGER, triggerOf, type Standing } from '../breaker/standing.ts';
import { classifyAnswer, classifyBroken, type FailureContext } from '../classify.ts';
import type { FailLimit } from '../deployment.ts';
import { rowOf } from '../fleet/fleet.ts';
import { microsBefore } from '../fleet/micros.ts';
import { inFlight } from '../fleet/operations.ts';
import type { Attempt, Outcome } from '../outcome.ts';
import { createPlan, type Plan } from '../plan.ts';
import type { RequestIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';

/** Groups of the chain that are not the one asked for. */
const OTHER_GROUPS = 3;

/** A request begins, one under way ends with a word, or time passes. */
type Step =
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly nth: number; readonly word: Word }
  | { readonly kind: 'pass'; readonly ms: number };

const healthWords: Word[] = ['ok', 'e500', 'e500', 'e503', 'e429', 'e429after1', 'e401', 'e400', 'timeout', 'noModel'];
const steps = fc.array(
  fc.oneof(
    fc.constant<Step>({ kind: 'begin' }),
    fc.record({ kind: fc.constant('end' as const), nth: fc.nat({ max: 5 }), word: fc.constantFrom(...healthWords) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 500, 1_300, 6_000, 20_000) }),
  ),
  { minLength: 4, maxLength: 24 },
);

interface Seen {
  readonly plan: Plan;
  readonly attempt: Attempt;
  /** Of every deployment, before the decision. */
  readonly before: readonly Standing[];
  readonly triggers: readonly number[];
}

/** Overlapping requests against one world; `onAttempt` sees each decision. */
class History {
  readonly world: World;
  readonly rng = seededRng(5);
  now = 1_000;
  readonly waiting: Plan[] = [];
  readonly running: Plan[] = [];
  readonly #onAttempt: (seen: Seen) => void;

  constructor(there: World, onAttempt: (seen: Seen) => void) {
    this.world = there;
    this.#onAttempt = onAttempt;
  }

  take(step: Step): void {
    if (step.kind === 'begin') {
      const intent: RequestIntent = { ...plain, model: 'm' };
      this.#go(createPlan({ ...this.world, intent, routeName: '/r', startedAtMs: this.now }));
    } else if (step.kind === 'end') {
      const plan = this.running.splice(step.nth % Math.max(1, this.running.length), 1)[0];
      if (plan !== undefined) this.end(plan, outcomeOf(step.word));
    } else {
      this.now += step.ms;
      for (const plan of this.waiting.splice(0)) this.#go(plan);
    }
  }

  end(plan: Plan, outcome: Outcome): void {
    plan.record(outcome, this.now, this.rng);
    if (outcome.kind === 'failure') this.#go(plan);
  }

  /** Ends everything that is under way. */
  finish(): void {
    for (let round = 0; this.running.length + this.waiting.length > 0; round++) {
      if (round > 100) throw new Error('a plan does not end');
      for (const plan of this.running.splice(0)) this.end(plan, outcomeOf('ok'));
      this.now += 5_000;
      for (const plan of this.waiting.splice(0)) this.#go(plan);
    }
  }

  #go(plan: Plan): void {
    const { table, fleet } = this.world;
    const rows = table.deployments.map((_, index) => rowOf(fleet, index));
    const before = rows.map((row) => standingOf(row, microsBefore(this.now)));
    const triggers = rows.map((row) => triggerOf(row));
    const action = plan.next(this.now, this.rng);
    if (action.kind === 'wait') this.waiting.push(plan);
    if (action.kind !== 'attempt') return;
    this.running.push(plan);
    this.#onAttempt({ plan, attempt: action.attempt, before, triggers });
  }
}

const settingsOf = (numRetries: number, hasFallback: boolean, more: Partial<RouterSettings> = {}) => ({
  numRetries,
  fallbacks: fallbacks(hasFallback ? { m: ['b'] } : undefined),
  ...more,
});

const isAdmissible = (standing: Standing | undefined): boolean => standing === 'ready' || standing === 'probe-due';

/** Without a fallback the failure rate ejects at most half of a group: what it ejected beyond is used (DESIGN 5). */
function isReadmitted({ plan, attempt, before, triggers }: Seen): boolean {
  const ejected = plan.candidates.filter((index) => !isAdmissible(before[index]) && triggers[index] === TRIGGER.rate);
  return triggers[attempt.deployment] === TRIGGER.rate && ejected.length > Math.floor(plan.candidates.length / 2);
}

describe('whatever happens', () => {
  it('an open deployment gets nothing while another of its group is admissible', () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 3 }), fc.boolean(), (history, numRetries, hasFallback) => {
        const played = new History(world({ m: 3, b: 1 }, { settings: settingsOf(numRetries, hasFallback) }), (seen) => {
          if (isAdmissible(seen.before[seen.attempt.deployment]) || isReadmitted(seen)) return;
          expect(seen.plan.candidates.filter((index) => isAdmissible(seen.before[index]))).toEqual([]);
        });
        for (const step of history) played.take(step);
      }),
      MANY_RUNS,
    );
  });

  it('half-open lets one through, as long as its group has somebody else', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (history, arrivals) => {
        const settings = settingsOf(0, true, { allowedFails: 0, cooldownMs: 1_300 });
        const probes = new Map<number, number>();
        const played = new History(world({ m: 2, b: 1 }, { settings }), ({ attempt, before }) => {
          if (before[attempt.deployment] === 'ready') return;
          probes.set(attempt.deployment, (probes.get(attempt.deployment) ?? 0) + 1);
        });
        for (const step of history) played.take(step);
        played.now += 1_300;
        probes.clear();
        const due = [0, 1].filter(
          (index) => standingOf(rowOf(played.world.fleet, index), microsBefore(played.now)) === 'probe-due',
        );
        for (let nth = 0; nth < arrivals; nth++) played.take({ kind: 'begin' });
        for (const index of [0, 1]) expect(probes.get(index) ?? 0).toBeLessThanOrEqual(due.includes(index) ? 1 : 0);
        played.finish();
      }),
      MANY_RUNS,
    );
  });

  it('every request ends, and at rest nothing is in flight', () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 3 }), fc.boolean(), (history, numRetries, weightedFailover) => {
        const settings = settingsOf(numRetries, true, { weightedFailover });
        const played = new History(world({ m: 3, b: 1 }, { settings }), () => undefined);
        for (const step of history) played.take(step);
        played.finish();
        played.world.table.deployments.forEach((_, index) => expect(inFlight(played.world.fleet, index)).toBe(0));
      }),
      MANY_RUNS,
    );
  });

  // Every hop is a first attempt and at most its retries; hops are the request's own group and the fallbacks, each model
  // once and, under weighted failover, `max_fallbacks` parts of groups. `max_fallbacks` bounds the depth, not the length
  // of a list (golden d94). What the budget gives away free (the first move) is a retry or a hop like any other here;
  // what costs no upstream call (`unsupported`) is not counted.
  it('a request makes at most (1 + retries) x (1 + fallbacks) attempts, at most what num_retries_per_request allows', () => {
    const words = fc.constantFrom<Word>(...(Object.keys(FAILURES) as Word[]).filter((word) => word !== 'unsupported'));
    const shape = fc.record({
      script: fc.array(words, { minLength: 1, maxLength: 12 }),
      numRetries: fc.nat({ max: 3 }),
      maxFallbacks: fc.nat({ max: 3 }),
      retriesPerRequest: fc.option(fc.nat({ max: 6 }), { nil: undefined }),
      weightedFailover: fc.boolean(),
    });
    fc.assert(
      fc.property(shape, ({ script, numRetries, ...rest }) => {
        const lists = { m: ['b', 'c'], b: ['c', 'm'], c: ['d'] };
        const there = world(
          { m: 2, b: 1, c: 3, d: 1 },
          { settings: { ...rest, numRetries, fallbacks: fallbacks(lists) } },
        );
        const plan = createPlan({ ...there, intent: plain, routeName: '/r', startedAtMs: 0 });
        const rng = seededRng(2);
        let now = 0;
        let attempts = 0;
        const perHop = new Map<unknown, number>();
        for (let step = 0; ; step++) {
          expect(step).toBeLessThan(200);
          const action = plan.next(now, rng);
          if (action.kind === 'fail') break;
          now = action.kind === 'wait' ? action.untilMs : now + 10;
          if (action.kind !== 'attempt') continue;
          perHop.set(plan.hop, (perHop.get(plan.hop) ?? 0) + 1);
          plan.record(outcomeOf(script[attempts % script.length] ?? 'e500'), now, rng);
          attempts += 1;
        }
        for (const count of perHop.values()) expect(count).toBeLessThanOrEqual(1 + numRetries);
        const parts = rest.weightedFailover ? rest.maxFallbacks : 0;
        const mostFallbacks = rest.maxFallbacks === 0 ? 0 : OTHER_GROUPS + parts;
        expect(perHop.size).toBeLessThanOrEqual(1 + mostFallbacks);
        expect(attempts).toBeLessThanOrEqual((1 + numRetries) * (1 + mostFallbacks));
        if (rest.retriesPerRequest !== undefined) expect(attempts).toBeLessThanOrEqual(1 + rest.retriesPerRequest);
      }),
      MANY_RUNS,
    );
  });
});

describe('one caller’s requests to a healthy provider', () => {
  const context: FailureContext = {
    provider: 'openai',
    callerCredentials: false,
    setByCaller: false,
    timeoutMs: undefined,
  };
  const answer = (status: number, more: Partial<FailureContext> = {}): Outcome => {
    const body = JSON.stringify({ error: { message: 'no', type: null, param: null, code: null } });
    const failure = classifyAnswer({
      ...context,
      ...more,
      status,
      header: () => undefined,
      body,
      badAnswer: undefined,
    });
    return { kind: 'failure', failure, committed: false, unsent: false };
  };
  const broken = (more: Partial<FailureContext>): Outcome => ({
    kind: 'failure',
    failure: classifyBroken(
      { kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'late' },
      { ...context, ...more },
    ),
    committed: false,
    unsent: false,
  });
  const own = { callerCredentials: true };
  const hostile = fc.constantFrom<readonly [Outcome, Partial<RequestIntent>]>(
    [broken({ setByCaller: true }), {}],
    ...[400, 404, 413, 422].map((status) => [answer(status), {}] as const),
    [outcomeOf('window'), {}],
    [outcomeOf('policy'), {}],
    [outcomeOf('e403'), {}],
    ...[400, 401, 402, 403, 404, 429, 500, 503].map((status) => [answer(status, own), own] as const),
    [broken(own), own],
    [{ kind: 'abandoned' }, {}],
    [outcomeOf('ok'), {}],
  );
  const classes = [
    'BadRequestError',
    'AuthenticationError',
    'Timeout',
    'RateLimitError',
    'InternalServerError',
    'NotFoundError',
  ];
  const zeroes = (isOwn: boolean): FailLimit[] =>
    classes.map((exceptionClass) => ({ exceptionClass, allowedFails: 0, isOwn }));

  const histories = fc.array(hostile, { maxLength: 30 });

  function play(there: World, history: readonly (readonly [Outcome, Partial<RequestIntent>])[]): void {
    const rng = seededRng(1);
    history.forEach(([outcome, intent], nth) => {
      const plan = createPlan({ ...there, intent: { ...plain, ...intent }, routeName: '/r', startedAtMs: nth });
      expect(plan.next(nth, rng).kind).toBe('attempt');
      plan.record(outcome, nth, rng);
    });
  }

  it('open no breaker and block nobody, however strict the breaker is', () => {
    const strictness = fc.constantFrom<Partial<RouterSettings>>({}, { allowedFails: 0 }, { cooldownMs: 60_000 });
    fc.assert(
      fc.property(histories, strictness, fc.boolean(), (history, strict, hasPolicy) => {
        const sketch = hasPolicy ? { failLimits: zeroes(false) } : {};
        const there = world({ m: [sketch] }, { settings: { numRetries: 0, ...strict } });
        play(there, history);
        expect(breakerState(there.fleet, 0, 100)).toBe('closed');
        expect(standingOf(rowOf(there.fleet, 0), 100_000)).toBe('ready');
      }),
      MANY_RUNS,
    );
  });

  it('open one only where the deployment’s own policy counts refused requests, and even there not by own keys and times', () => {
    const harmless = fc.array(
      fc.constantFrom<readonly [Outcome, Partial<RequestIntent>]>(
        [broken({ setByCaller: true }), {}],
        ...[400, 401, 404, 429, 500].map((status) => [answer(status, own), own] as const),
        [{ kind: 'abandoned' }, {}],
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(harmless, (history) => {
        const there = world({ m: [{ failLimits: zeroes(true) }] }, { settings: { numRetries: 0 } });
        play(there, history);
        expect(standingOf(rowOf(there.fleet, 0), 100_000)).toBe('ready');
      }),
      MANY_RUNS,
    );
    const asked = world({ m: [{ failLimits: zeroes(true) }] }, { settings: { numRetries: 0 } });
    play(asked, [[answer(400), {}]]);
    expect(breakerState(asked.fleet, 0, 1)).toBe('open');
  });
});
