import { describe, expect, it } from 'vitest';
import { sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { createFleet } from '../fleet/fleet.ts';
import { createPlan, type Plan } from '../plan.ts';
import { plainIntent } from '../request-intent.ts';
import { ASSUMED_FAILURES, walkPlan } from './walk-plan.ts';

function planOf(deployments: readonly DeploymentSketch[], tokens = 10): Plan {
  const table = sketchTable({ deployments: deployments.map((one) => ({ group: 'a', ...one })) });
  const intent = plainIntent({ model: 'a', stream: false, maxTokens: 5 }, tokens);
  return createPlan({ table, fleet: createFleet(table.deployments), intent, routeName: '', startedAtMs: 0 });
}

const walk = { failure: undefined, promptTokens: undefined, startedAtMs: 0 };

describe('a walk', () => {
  it('ends with the first answer', () => {
    expect(walkPlan(planOf([{}, {}]), walk)).toEqual({ ending: undefined, attempts: 1, countedFor: undefined });
  });

  it('tells for whom it would count, and goes on with the number', () => {
    const deployments = [{ limits: { tpm: 9 } }];
    expect(walkPlan(planOf(deployments), walk)).toEqual({ ending: undefined, attempts: 1, countedFor: 0 });
    const refused = walkPlan(planOf(deployments), { ...walk, promptTokens: 10 });
    expect(refused).toMatchObject({ ending: { status: 400 }, attempts: 0, countedFor: 0 });
  });

  it.each([
    ['500', 3, 500],
    ['429', 3, 429],
    ['context window', 1, 400],
  ] as const)('in which everything fails with %s makes %i attempts', (name, attempts, status) => {
    const walked = walkPlan(planOf([{}]), { ...walk, failure: ASSUMED_FAILURES[name] });
    expect(walked).toMatchObject({ attempts, ending: { status } });
  });

  it('passes the time that the plan waits', () => {
    const plan = planOf([{}]);
    walkPlan(plan, { ...walk, failure: ASSUMED_FAILURES['500'] });
    expect(plan.hop?.notBeforeMs).toBe(750);
  });
});

it('assumed failures have the scope that decides about health', () => {
  const shown = Object.entries(ASSUMED_FAILURES).map(([name, { cause, scope, code, exceptionClass }]) => {
    return [name, cause, scope, code, exceptionClass];
  });
  expect(shown).toEqual([
    ['429', 'rate_limit', 'deployment', '429', 'RateLimitError'],
    ['500', 'server_error', 'deployment', '500', 'InternalServerError'],
    ['context window', 'context_window', 'request', '400', 'ContextWindowExceededError'],
  ]);
});
