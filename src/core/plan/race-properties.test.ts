// Whatever two attempts beside each other come to, in whatever order: the plan ends, nobody is asked more often than the
// operator allowed, and at rest nothing is in flight.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fallbacks, FAILURES, outcomeOf, world, type Word, type World } from '../../../test/support/play-plan.ts';
import { MANY_RUNS } from '../../../test/support/property-runs.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { inFlight } from '../fleet/operations.ts';
import type { Attempt, Outcome } from '../outcome.ts';
import { createPlan, type Plan } from '../plan.ts';
import { plainIntent } from '../request-intent.ts';
import type { PlannedRival } from './rival.ts';

interface Round {
  readonly word: Word;
  readonly rivalWord: Word;
  readonly isRaced: boolean;
  readonly isRivalFirst: boolean;
  /** After its content: the stream breaks, and may be gone on with. */
  readonly breaks: boolean;
}

const words = fc.constantFrom<Word>(
  'ok',
  ...(Object.keys(FAILURES) as Word[]).filter((word) => word !== 'unsupported'),
);
const round: fc.Arbitrary<Round> = fc.record({
  word: words,
  rivalWord: words,
  isRaced: fc.boolean(),
  isRivalFirst: fc.boolean(),
  breaks: fc.boolean(),
});
const LOST: Outcome = { kind: 'abandoned' };
const rng = seededRng(3);

class Player {
  readonly plan: Plan;
  readonly attempts: Attempt[] = [];
  races = 0;
  #now = 0;

  constructor(there: World) {
    const intent = plainIntent({ model: 'm', stream: true, maxTokens: 10 }, 10);
    this.plan = createPlan({ ...there, intent, routeName: '/r', startedAtMs: 0 });
  }

  play(rounds: readonly Round[]): void {
    for (let nth = 0; ; nth++) {
      if (nth > 300) throw new Error('the plan does not end');
      const action = this.plan.next(this.#now, rng);
      if (action.kind === 'fail') return;
      this.#now = action.kind === 'wait' ? action.untilMs : this.#now + 10_000;
      if (action.kind !== 'attempt') continue;
      this.attempts.push(action.attempt);
      const script = rounds[nth % rounds.length];
      if (script === undefined || this.#end(script, this.#rival(script))) return;
    }
  }

  #rival({ isRaced }: Round): PlannedRival | undefined {
    const rival = isRaced ? this.plan.race(this.#now, rng) : undefined;
    if (rival === undefined) return undefined;
    this.attempts.push(rival.attempt);
    this.races += 1;
    return rival;
  }

  /** True: the client has its answer. */
  #end(script: Round, rival: PlannedRival | undefined): boolean {
    const own = { report: this.plan, word: script.word };
    if (rival === undefined) return this.#finish(own, script);
    const second = { report: rival, word: script.rivalWord };
    const [early, late] = script.isRivalFirst ? [second, own] : [own, second];
    if (early.word === 'ok') {
      early.report.content(this.#now);
      late.report.record(LOST, this.#now, rng);
      return this.#finish(early, script);
    }
    early.report.record(outcomeOf(early.word), this.#now, rng);
    return this.#finish(late, script);
  }

  #finish({ report, word }: { readonly report: Plan | PlannedRival; readonly word: Word }, { breaks }: Round): boolean {
    if (word !== 'ok' || !breaks) {
      report.record(outcomeOf(word), this.#now, rng);
      return word === 'ok';
    }
    const resumable = { isDeterministic: true, mayPrefill: false };
    const failure = FAILURES.e500;
    report.record({ kind: 'failure', failure, committed: true, unsent: false, resumable }, this.#now, rng);
    return false;
  }
}

it('a race ends, stays within what the operator allowed, and leaves nothing in flight', () => {
  const shape = fc.record({
    rounds: fc.array(round, { minLength: 1, maxLength: 8 }),
    numRetries: fc.nat({ max: 3 }),
    retriesPerRequest: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
    hedge: fc.constantFrom('on' as const, 'group' as const),
    members: fc.integer({ min: 1, max: 3 }),
    requests: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(shape, ({ rounds, members, requests, ...settings }) => {
      const there = world(
        { m: members, b: 1, c: 2 },
        { settings: { ...settings, fallbacks: fallbacks({ m: ['b', 'c'] }) } },
      );
      for (let nth = 0; nth < requests; nth++) {
        const played = new Player(there);
        played.play(rounds);
        expect(played.races).toBeLessThanOrEqual(1);
        expect(played.attempts.length).toBeLessThanOrEqual((1 + settings.numRetries) * 3);
        if (settings.retriesPerRequest !== undefined) {
          expect(played.attempts.length).toBeLessThanOrEqual(1 + settings.retriesPerRequest);
        }
        const flights = there.table.deployments.map(({ index }) => inFlight(there.fleet, index));
        expect(flights.every((count) => count === 0)).toBe(true);
      }
    }),
    MANY_RUNS,
  );
});
