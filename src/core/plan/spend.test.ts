import { describe, expect, test } from 'vitest';
import { sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { budgetStates, type Budgets } from '../budget/budgets.ts';
import type { Prices } from '../budget/settle-budgets.ts';
import { createFleet } from '../fleet/fleet.ts';
import { createPlan, type PlanContext } from '../plan.ts';
import { plainIntent, type RequestIntent } from '../request-intent.ts';

const BUDGETS: Budgets = {
  list: [{ kind: 'provider', name: 'openai', limitUsd: 5, period: '1h', periodMs: 3_600_000 }],
  byDeployment: [[0]],
  byTag: new Map(),
};
const PRICED: DeploymentSketch = { inputCostPerToken: 0.001 };

interface Asked {
  readonly intent?: Partial<RequestIntent>;
  readonly context?: Partial<PlanContext>;
  readonly budgets?: Budgets | undefined;
}

/** Dollars that a request of 20 tokens leaves on the budget. */
function spentBy(sketch: DeploymentSketch, { intent = {}, context = {}, ...more }: Asked = {}): number | undefined {
  const budgets = 'budgets' in more ? more.budgets : BUDGETS;
  const table = sketchTable({ deployments: [sketch], settings: { budgets } });
  const fleet = createFleet(table.deployments, undefined, 1);
  const asked = { ...plainIntent({ model: 'gpt-4', stream: false, maxTokens: 0 }, 10), ...intent };
  const plan = createPlan({ table, fleet, intent: asked, routeName: '/chat/completions', startedAtMs: 0, ...context });
  const rng = seededRng(1);
  expect(plan.next(0, rng).kind).toBe('attempt');
  const usage = { promptTokens: 20, completionTokens: 10, totalTokens: 30 };
  plan.record({ kind: 'success', usage, timing: { totalMs: 1, firstContentMs: undefined } }, 1, rng);
  return budgetStates({ budgets: BUDGETS, fleet }, 2_000)[0]?.spentUsd;
}

describe('an attempt', () => {
  test('is charged at the price of its deployment', () => {
    expect(spentBy(PRICED)).toBe(0.02);
    expect(spentBy({ outputCostPerToken: 0.001 })).toBe(0.01);
    expect(spentBy({})).toBe(0);
  });

  test('costs nobody when there are no budgets or the caller brought the key', () => {
    expect(spentBy(PRICED, { budgets: undefined })).toBe(0);
    expect(spentBy(PRICED, { intent: { callerCredentials: true } })).toBe(0);
  });

  const wildcard: DeploymentSketch = { group: 'openai/*', upstreamModel: '*' };
  const intent = { model: 'openai/gpt-9' };
  const priceOf = (provider: string, model: string): Prices | undefined =>
    provider === 'openai' && model === 'gpt-9' ? { inputCostPerToken: 0.1, outputCostPerToken: 0 } : undefined;

  test('behind a wildcard is charged at the price of its model', () => {
    expect(spentBy(wildcard, { intent, context: { priceOf } })).toBe(2);
    expect(spentBy(wildcard, { intent: { model: 'openai/other' }, context: { priceOf } })).toBe(0);
    expect(spentBy(wildcard, { intent })).toBe(0);
  });

  test('behind a wildcard with a price of its own, or without one, is charged as configured', () => {
    expect(spentBy({ ...wildcard, ...PRICED }, { intent, context: { priceOf } })).toBe(0.02);
    const dear = (): Prices => ({ inputCostPerToken: 1, outputCostPerToken: 1 });
    expect(spentBy({ ...wildcard, outputCostPerToken: 0.001 }, { intent, context: { priceOf: dear } })).toBe(0.01);
    expect(spentBy({}, { context: { priceOf: dear } })).toBe(0);
  });
});
