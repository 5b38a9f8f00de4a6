// What a client is told when the filters that most configs do not have leave nobody.
import { describe, expect, test } from 'vitest';
import { sketchContext, sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { blockUntil } from '../breaker/breaker.ts';
import type { Budget, Budgets } from '../budget/budgets.ts';
import { freeCharge } from '../fleet/charge.ts';
import { recordCheck } from '../fleet/checks.ts';
import { createFleet } from '../fleet/fleet.ts';
import { settleBudgets } from '../budget/settle-budgets.ts';
import type { Failure } from '../outcome.ts';
import { plainIntent, type RequestIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { SelectContext } from '../select/select-context.ts';
import { select } from '../select/select.ts';
import { shortageFailure, worthWaitingUntil } from './shortage-failure.ts';

const PLAIN = plainIntent({ model: 'gpt-4', stream: false, maxTokens: 10 }, 10);
const CHECKED = { enablePreCallChecks: true };

function world(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}) {
  const table = sketchTable({ deployments, settings });
  return { table, fleet: createFleet(table.deployments, undefined, settings.budgets?.list.length) };
}

function refusal(
  there: ReturnType<typeof world>,
  intent: Partial<RequestIntent> = {},
  more: Partial<SelectContext> = {},
): Failure {
  const context = sketchContext(there, { intent: { ...PLAIN, ...intent }, ...more });
  const none = select(context, 500, seededRng(1));
  if (none.kind === 'picked') throw new Error(`picked ${none.deployment}`);
  expect(worthWaitingUntil(context, none, { hasFailed: false, now: 500 })).toBeUndefined();
  return shortageFailure(context, none, { group: 'gpt-4', now: 500, isFallbackById: false });
}

const budget = (kind: Budget['kind'], name: string): Budget => ({
  kind,
  name,
  limitUsd: 0.02,
  period: '1h',
  periodMs: 3_600_000,
});
const budgets: Budgets = {
  list: [budget('provider', 'openai'), budget('tag', 't')],
  byDeployment: [[0], [0]],
  byTag: new Map([['t', 1]]),
};

function spent(there: ReturnType<typeof world>, tags: readonly string[]): void {
  const [deployment] = there.table.deployments;
  if (deployment === undefined) throw new Error('no deployment');
  const usage = { promptTokens: 20, completionTokens: 0, totalTokens: 20 };
  const outcome = { kind: 'success', usage, timing: { totalMs: 1, firstContentMs: undefined } } as const;
  settleBudgets(
    { budgets, fleet: there.fleet },
    { deployment, prices: deployment, charge: freeCharge(0), outcome, tags, promptTokens: 1, now: 0 },
  );
}

describe('when every deployment is over budget', () => {
  test('the budgets are named once, with the time until they begin anew', () => {
    const there = world([{ inputCostPerToken: 0.001 }, {}], { budgets });
    spent(there, []);
    expect(refusal(there)).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      cause: 'rate_limit',
      retryAfterMs: 3_599_500,
      message:
        'No deployments available - crossed budget: Exceeded budget for provider openai: 0.02 >= 0.02. Passed model=gpt-4',
    });
  });

  test('those of the tags too', () => {
    const there = world([{ inputCostPerToken: 0.001 }, {}], { budgets: { ...budgets, byDeployment: [[0], []] } });
    spent(there, ['t']);
    expect(refusal(there, {}, { tags: ['t'] }).message).toContain('provider openai: 0.02 >= 0.02; ');
    expect(refusal(there, {}, { tags: ['t'] }).message).toContain('Exceeded budget for tag t: 0.02 >= 0.02.');
  });

  test('beside others that are cooling it is an ordinary shortage', () => {
    const there = world([{ inputCostPerToken: 0.001 }, {}], { budgets: { ...budgets, byDeployment: [[0], []] } });
    spent(there, []);
    blockUntil(there.fleet, 1, 900_000);
    const context = sketchContext(there);
    const none = select(context, 500, seededRng(1));
    if (none.kind === 'picked') throw new Error('picked');
    const failure = shortageFailure(context, none, { group: 'gpt-4', now: 500, isFallbackById: false });
    expect(failure).toMatchObject({ status: 429, type: 'rate_limit_error', retryAfterMs: 899_500 });
    expect(failure.message).toContain('(1 refused by the provider, 1 over budget)');
  });
});

describe('when pre-call checks leave nobody', () => {
  test('a region that nobody is in is a 429 without a time, as in LiteLLM', () => {
    const failure = refusal(world([{ region: 'us' }, {}], CHECKED), { allowedRegion: 'eu' });
    expect(failure).toMatchObject({ status: 429, type: 'rate_limit_error', retryAfterMs: undefined });
    expect(failure.message).toContain('(2 outside the region asked for)');
    expect(failure.message).not.toContain('in cooldown');
  });

  test('a window that is too small in the right region is a 400', () => {
    const there = world([{ region: 'us' }, { region: 'eu', maxInputTokens: 5 }], CHECKED);
    const failure = refusal(there, { allowedRegion: 'eu' }, { minInputTokens: 6 });
    expect(failure).toMatchObject({ status: 400, cause: 'context_window' });
  });

  test('a limit beside a window is a 429: whoever comes back later may be served', () => {
    const there = world([{ limits: { rpm: 0 } }, { maxInputTokens: 5 }], CHECKED);
    expect(refusal(there, {}, { minInputTokens: 6 })).toMatchObject({ status: 429, type: 'throttling_error' });
  });

  test('formats and checks are named beside what really stands in the way', () => {
    const there = world([{ refusedFormats: ['json_schema'] }, { limits: { rpm: 0 } }, {}], {
      ...CHECKED,
      healthRouting: { stalenessMs: 1_000, groups: undefined },
    });
    recordCheck(there.fleet, 2, { isHealthy: false, now: 400 });
    const { message } = refusal(there, { responseFormat: 'json_schema' });
    expect(message).toContain('(1 over rpm or tpm, 1 with a failed health check, 1 without the response_format)');
  });
});
