import { describe, expect, it } from 'vitest';
import { sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Action } from '../outcome.ts';
import { createPlan, type Plan } from '../plan.ts';
import { plainIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';

interface Ask {
  readonly deployments: readonly DeploymentSketch[];
  readonly settings?: Partial<RouterSettings>;
  /** The estimate. */
  readonly tokens: number;
}

function planOf({ deployments, settings = {}, tokens }: Ask): Plan {
  const table = sketchTable({ deployments: deployments.map((one) => ({ group: 'a', ...one })), settings });
  return createPlan({
    table,
    fleet: createFleet(table.deployments),
    intent: plainIntent({ model: 'a', stream: false, maxTokens: 5 }, tokens),
    routeName: '/chat/completions',
    startedAtMs: 0,
    explain: true,
  });
}

function next(plan: Plan, now = 0): Action {
  return plan.next(now, seededRng(1));
}

const CHECKED = { enablePreCallChecks: true };

describe('the prompt is counted', () => {
  it.each([
    ['at half of a window', { maxInputTokens: 200 }, CHECKED, 100],
    ['at twice a window', { maxInputTokens: 50 }, CHECKED, 100],
    ['above a whole tpm', { limits: { tpm: 99 } }, {}, 100],
    ['above a whole itpm', { limits: { itpm: 99 } }, {}, 100],
    ['above the smaller of both', { limits: { tpm: 1_000, itpm: 99 } }, {}, 100],
  ] as const)('%s', (_, deployment, settings, tokens) => {
    const plan = planOf({ deployments: [deployment], settings, tokens });
    expect(next(plan)).toEqual({ kind: 'count', deployment: 0 });
    plan.counted(undefined, 0);
    expect(next(plan).kind).not.toBe('count');
  });

  it.each([
    ['below half of a window', { maxInputTokens: 201 }, CHECKED, 100],
    ['above twice a window', { maxInputTokens: 49 }, CHECKED, 100],
    ['near a window that nobody asks about', { maxInputTokens: 100 }, {}, 100],
    ['where no window is known', {}, CHECKED, 100],
    ['at exactly a whole tpm', { limits: { tpm: 100 } }, {}, 100],
    ['where limits are weights', { limits: { tpm: 9 } }, { enforceLimits: false }, 100],
    ['for a deployment out of rotation', { limits: { tpm: 9 }, outOfRotation: 'no key' }, {}, 100],
    ['for one that only another group has', { group: 'b', limits: { tpm: 9 } }, {}, 100],
  ] as const)('but not %s', (_, deployment, settings, tokens) => {
    expect(next(planOf({ deployments: [{}, deployment], settings, tokens })).kind).not.toBe('count');
  });

  it('at most once, over all groups', () => {
    const fallbacks = {
      generic: [{ from: 'a', targets: [{ model: 'b', overrides: undefined }] }],
      contextWindow: undefined,
      contentPolicy: undefined,
      defaults: undefined,
    };
    const deployments = [{ limits: { tpm: 9 } }, { group: 'b', limits: { tpm: 9 } }];
    const plan = planOf({ deployments, settings: { fallbacks }, tokens: 100 });
    expect(next(plan).kind).toBe('count');
    plan.counted(100, 0);
    expect(next(plan)).toMatchObject({ kind: 'fail', failure: { status: 400 } });
  });
});

describe('a counted prompt', () => {
  it('goes where the estimate would not have let it', () => {
    const plan = planOf({ deployments: [{ maxInputTokens: 90 }], settings: CHECKED, tokens: 100 });
    next(plan);
    plan.counted(90, 7);
    expect(next(plan)).toMatchObject({ kind: 'attempt', attempt: { deployment: 0 } });
    expect(plan.trace?.steps[1]).toEqual({ atMs: 7, kind: 'counted', promptTokens: 90 });
  });

  it('stays away from where the estimate would have sent it', () => {
    const deployments = [{ maxInputTokens: 100, weight: 1_000_000 }, { maxInputTokens: 1_000 }];
    const plan = planOf({ deployments, settings: CHECKED, tokens: 90 });
    next(plan);
    plan.counted(101, 0);
    expect(next(plan)).toMatchObject({ kind: 'attempt', attempt: { deployment: 1 } });
  });

  it('does not make windows matter that nobody asks about', () => {
    const plan = planOf({ deployments: [{ maxInputTokens: 50, limits: { tpm: 99 } }], tokens: 100 });
    next(plan);
    plan.counted(98, 0);
    expect(next(plan).kind).toBe('attempt');
  });

  it('charges what it is', () => {
    const plan = planOf({ deployments: [{ limits: { itpm: 99 } }], tokens: 100 });
    next(plan);
    plan.counted(60, 0);
    next(plan);
    expect(plan.charge?.inputTokens).toBe(60);
  });

  it('that exceeds a tpm alone goes to a deployment with a larger one', () => {
    const deployments = [{ limits: { tpm: 99 }, weight: 1_000_000 }, { limits: { tpm: 5_000 } }];
    const plan = planOf({ deployments, tokens: 150 });
    next(plan);
    plan.counted(100, 0);
    expect(next(plan)).toMatchObject({ kind: 'attempt', attempt: { deployment: 1 } });
    const decision = plan.trace?.steps.find((step) => step.kind === 'decision');
    expect(decision?.kind === 'decision' && decision.decision?.candidates[0]?.reason).toBe('overLimit');
  });

  it.each([
    [
      [{ limits: { tpm: 99 } }, { limits: { tpm: 50 } }],
      'the tpm of every deployment of a: 100 tokens, largest tpm 99',
    ],
    [[{ limits: { tpm: 99, itpm: 60 } }], 'the itpm of every deployment of a: 100 tokens, largest itpm 60'],
    [[{ limits: { tpm: 0 } }, { outOfRotation: 'x' }], 'the tpm of every deployment of a: 100 tokens, largest tpm 0'],
  ] as const)('that exceeds every limit alone is refused by name and number', (deployments, text) => {
    const plan = planOf({ deployments, tokens: 100 });
    next(plan);
    plan.counted(100, 0);
    const action = next(plan);
    expect(action).toMatchObject({
      kind: 'fail',
      failure: { status: 400, cause: 'bad_request', retryAfterMs: undefined },
    });
    expect(action.kind === 'fail' && action.failure.message).toBe(
      `litellm.BadRequestError: the prompt alone exceeds ${text}`,
    );
  });

  it('is named among the reasons where others are only busy', () => {
    const deployments = [{ limits: { tpm: 99 } }, { limits: { rpm: 0 } }];
    const plan = planOf({ deployments, tokens: 100 });
    next(plan);
    plan.counted(100, 0);
    const action = next(plan);
    expect(action.kind === 'fail' && action.failure.message).toContain(
      '1 over rpm or tpm, 1 with a tpm or itpm below the prompt',
    );
    expect(action).toMatchObject({ failure: { status: 429 } });
  });
});

it('an estimate above a whole limit is let through an empty window when nobody can count', () => {
  const plan = planOf({ deployments: [{ limits: { tpm: 99 } }], tokens: 100 });
  next(plan);
  plan.counted(undefined, 0);
  expect(next(plan).kind).toBe('attempt');
});
