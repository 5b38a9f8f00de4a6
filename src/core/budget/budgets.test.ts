import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { freeCharge } from '../fleet/charge.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Failure, Outcome } from '../outcome.ts';
import {
  budgetStates,
  crossedText,
  crossedUntilUs,
  isCrossed,
  type Budget,
  type Budgets,
  type Ledger,
} from './budgets.ts';
import { costOf, settleBudgets, type EndedAttempt } from './settle-budgets.ts';

const deployment = sketchDeployment(0, { inputCostPerToken: 1e-3, outputCostPerToken: 2e-3, tags: ['own'] });

function budget(kind: Budget['kind'], name: string, limitUsd = 1, periodMs = 1_000): Budget {
  return { kind, name, limitUsd, period: '1s', periodMs };
}

/** Provider, deployment, and the tags `t` and `own`. */
function ledger(limitUsd = 1): Ledger {
  const list = [
    budget('provider', 'openai', limitUsd),
    budget('deployment', 'd0', 2, 5_000),
    budget('tag', 't', 0.5),
    budget('tag', 'own'),
  ];
  const budgets: Budgets = {
    list,
    byDeployment: [[0, 1]],
    byTag: new Map([
      ['t', 2],
      ['own', 3],
    ]),
  };
  return { budgets, fleet: createFleet([deployment], undefined, list.length) };
}

const timing = { totalMs: 1, firstContentMs: undefined };
const usage = { promptTokens: 100, completionTokens: 50, totalTokens: 150 };
const success: Outcome = { kind: 'success', usage, timing };

function failure(committed: boolean): Outcome {
  const failed: Failure = {
    cause: 'server_error',
    scope: 'deployment',
    status: 500,
    message: '',
    type: null,
    param: null,
    code: null,
    retryAfterMs: undefined,
    exceptionClass: 'InternalServerError',
  };
  return { kind: 'failure', failure: failed, committed, unsent: false };
}

function ended(outcome: Outcome, more: Partial<EndedAttempt> = {}): EndedAttempt {
  return {
    deployment,
    prices: deployment,
    charge: freeCharge(0),
    outcome,
    tags: [],
    promptTokens: 30,
    now: 0,
    ...more,
  };
}

function spent(there: Ledger, nowUs = 1): number[] {
  return budgetStates(there, nowUs).map(({ spentUsd }) => spentUsd);
}

describe('an attempt is charged', () => {
  test('to its provider, its deployment and every tag of request and deployment, each once', () => {
    const there = ledger();
    settleBudgets(there, ended(success, { tags: ['t', 't', 'unknown', 'own'] }));
    expect(spent(there)).toEqual([0.2, 0.2, 0.2, 0.2]);
    settleBudgets(there, ended(success));
    expect(spent(there)).toEqual([0.4, 0.4, 0.2, 0.4]);
  });

  const charge = { ...freeCharge(0), outputTokens: 10 };
  test.each<[string, Outcome, number]>([
    ['what the provider counted', success, 0.2],
    ['the estimates, when it counted nothing', { kind: 'success', usage: undefined, timing }, 0.05],
    ['the prompt, when the client left', { kind: 'abandoned' }, 0.03],
    ['the prompt, when the answer broke off', failure(true), 0.03],
    ['nothing, when nothing was answered', failure(false), 0],
  ])('with %s', (_, outcome, dollars) => {
    const there = ledger();
    settleBudgets(there, ended(outcome, { charge }));
    expect(spent(there)[0]).toBe(dollars);
  });

  test('a deployment without budgets costs nobody', () => {
    const there = ledger();
    settleBudgets(there, ended(success, { deployment: sketchDeployment(7, { inputCostPerToken: 1 }) }));
    expect(spent(there)).toEqual([0, 0, 0, 0]);
  });
});

test.each([
  [{ inputCostPerToken: 1e-6, outputCostPerToken: 2e-6 }, 11_000 + 14_000],
  [{ inputCostPerToken: 1e-6, outputCostPerToken: undefined }, 11_000],
  [{ inputCostPerToken: undefined, outputCostPerToken: 1.5e-10 }, 2],
  [{ inputCostPerToken: undefined, outputCostPerToken: undefined }, 0],
  [{ inputCostPerToken: Number.POSITIVE_INFINITY, outputCostPerToken: 0 }, 0],
  [{ inputCostPerToken: -1, outputCostPerToken: 0 }, 0],
])('11 and 7 tokens at %j cost %i nano-dollars', (prices, nanos) => {
  expect(costOf(prices, { promptTokens: 11, completionTokens: 7 })).toBe(nanos);
});

describe('a budget', () => {
  test('is crossed when what was spent reaches it, until its window ends', () => {
    const there = ledger(0.4);
    settleBudgets(there, ended(success));
    expect(isCrossed(there, 0, 1)).toBe(false);
    settleBudgets(there, ended(success, { now: 500 }));
    expect(isCrossed(there, 0, 500_000)).toBe(true);
    expect(crossedText(there, 0, 500_000)).toBe('Exceeded budget for provider openai: 0.4 >= 0.4');
    expect(isCrossed(there, 0, 1_000_000)).toBe(false);
  });

  test('stands in the way until the last of those that are crossed begins anew', () => {
    const there = ledger(0.1);
    expect(crossedUntilUs(there, [0, 1], 1)).toBe(0);
    settleBudgets(there, ended(success));
    expect(crossedUntilUs(there, [0, 1], 1)).toBe(1_000_000);
    for (let nth = 0; nth < 9; nth++) settleBudgets(there, ended(success));
    expect(crossedUntilUs(there, [0, 1], 1)).toBe(5_000_000);
  });

  test('that is not there is never crossed and says nothing', () => {
    const there = ledger();
    expect(isCrossed(there, 9, 1)).toBe(false);
    expect(crossedText(there, 9, 1)).toBe('');
  });

  test('shows when it begins anew once something was spent', () => {
    const there = ledger();
    settleBudgets(there, ended(success, { now: 100 }));
    expect(budgetStates(there, 200_000).map(({ resetsInMs }) => resetsInMs)).toEqual([900, 4_900, undefined, 900]);
  });

  test('is exceeded by no more than what was in flight when it was reached', () => {
    const step = fc.record({ start: fc.boolean(), tokens: fc.nat({ max: 200 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        expect(mostExceeded(steps)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

test('a fleet without accounts charges nobody and keeps nobody away', () => {
  const there: Ledger = { ...ledger(), fleet: createFleet([deployment]) };
  settleBudgets(there, ended(success));
  expect(spent(there)).toEqual([0, 0, 0, 0]);
  expect([isCrossed(there, 0, 1), crossedText(there, 0, 1), crossedUntilUs(there, [0], 1)]).toEqual([false, '', 0]);
});

/** Plays starts and ends of requests against a budget; by how much the excess was ever above what was in flight. */
function mostExceeded(steps: readonly { readonly start: boolean; readonly tokens: number }[]): number {
  const there = ledger(0.5);
  const inFlight: number[] = [];
  let allowance = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const { start, tokens } of steps) {
    if (start && !isCrossed(there, 0, 1)) inFlight.push(tokens);
    const ending = start ? undefined : inFlight.shift();
    if (ending === undefined) continue;
    const wasCrossed = isCrossed(there, 0, 1);
    const counted = { promptTokens: ending, completionTokens: 0, totalTokens: ending };
    settleBudgets(there, ended({ kind: 'success', usage: counted, timing }));
    if (!wasCrossed) allowance = inFlight.reduce((sum, each) => sum + each, ending) / 1000;
    if (isCrossed(there, 0, 1)) most = Math.max(most, (spent(there)[0] ?? 0) - 0.5 - allowance);
  }
  return most;
}
