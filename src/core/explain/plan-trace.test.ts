import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../../test/support/play-plan.ts';
import { sketchTable, type TableSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { classifyAnswer } from '../classify.ts';
import { createFleet } from '../fleet/fleet.ts';
import type { Failure, Outcome } from '../outcome.ts';
import type { PlanContext } from '../plan/plan-context.ts';
import { createPlan, type Plan } from '../plan.ts';
import { plainIntent, type ClientFallbacks, type RequestIntent } from '../request-intent.ts';
import type { FallbackRule, FallbackRules } from '../routing-table.ts';
import { traced } from './plan-trace.ts';

function answered(status: number, code: string | null = null, retryAfter?: string): Failure {
  const body = JSON.stringify({ error: { message: 'the secret prompt', type: null, param: null, code } });
  const header = (name: string): string | undefined => (name === 'retry-after' ? retryAfter : undefined);
  const where = { provider: 'openai', callerCredentials: false, setByCaller: false, timeoutMs: undefined };
  return classifyAnswer({ ...where, status, header, body, badAnswer: undefined });
}

const E500 = answered(500);
const TOO_LONG = answered(400, 'context_length_exceeded');
const REFUSED = answered(400, 'content_policy_violation');
const OK: Outcome = { kind: 'success', usage: undefined, timing: { totalMs: 1, firstContentMs: undefined } };

interface Asked {
  readonly sketch: TableSketch;
  readonly intent?: Partial<RequestIntent>;
  readonly context?: Partial<PlanContext>;
}

function planOf({ sketch, intent = {}, context = { explain: true } }: Asked): Plan {
  const table = sketchTable(sketch);
  return createPlan({
    table,
    fleet: createFleet(table.deployments),
    intent: { ...plainIntent({ model: 'a', stream: false, maxTokens: 5 }, 10), ...intent },
    routeName: '/chat/completions',
    startedAtMs: 1_000,
    ...context,
  });
}

/** Runs a plan; each attempt comes to the next outcome, the last one for ever. */
function run(plan: Plan, ...failures: readonly (Failure | 'ok')[]): Plan {
  const rng = seededRng(3);
  let now = 1_000;
  let nth = 0;
  for (;;) {
    const action = plan.next(now, rng);
    if (action.kind === 'fail') return plan;
    if (action.kind === 'wait') {
      now = action.untilMs;
      continue;
    }
    const failure = failures[Math.min(nth++, failures.length - 1)] ?? 'ok';
    now += 10;
    plan.record(failure === 'ok' ? OK : { kind: 'failure', failure, committed: false, unsent: false }, now, rng);
    if (failure === 'ok') return plan;
  }
}

/** One line a step. */
function told(plan: Plan): string[] {
  return (plan.trace?.steps ?? []).map((step) => {
    switch (step.kind) {
      case 'group':
        return `${step.atMs} group ${step.asked} = ${step.as} ${step.group}`;
      case 'decision':
        return `${step.atMs} decision in ${step.group}: ${step.picked ?? `nobody, ${step.soonestInMs ?? '?'}`}, ${step.decision?.candidates.length ?? 'unexplained'}`;
      case 'race':
        return `${step.atMs} race in ${step.group}: ${step.rival} beside ${step.silent}`;
      case 'failed':
        return `${step.atMs} failed ${step.deployment ?? 'mock'}: ${step.failure.status} ${step.failure.cause} ${step.failure.class}`;
      case 'retry':
        return `${step.atMs} retry ${step.retry}/${step.of} among ${step.among} after ${Math.round(step.pauseMs)}: ${step.reason}${step.isDeferred ? ', later' : ''}`;
      case 'fallback':
        return `${step.atMs} fallback ${step.from} to ${step.to} by ${step.list}`;
      case 'wait':
        return `${step.atMs} wait ${Math.round(step.waitMs)}: ${step.reason}`;
      case 'counted':
        return `${step.atMs} counted ${step.promptTokens}`;
      case 'end':
        return `${step.atMs} end ${step.failure.status} ${step.failure.cause}`;
    }
  });
}

function rules(more: Partial<FallbackRules>): { readonly fallbacks: FallbackRules } {
  const none = { generic: undefined, contextWindow: undefined, contentPolicy: undefined, defaults: undefined };
  return { fallbacks: { ...none, ...more } };
}

function rule(from: string, ...models: readonly string[]): FallbackRule {
  return { from, targets: models.map((model) => ({ model, overrides: undefined })) };
}

const LONE = [{ group: 'a' }];
const TWO_GROUPS = [{ group: 'a' }, { group: 'b' }];

describe('a request that asks for it', () => {
  it('and succeeds is told its group and its decision', () => {
    expect(told(run(planOf({ sketch: { deployments: LONE } }), 'ok'))).toEqual([
      '0 group a = group a',
      '0 decision in a: d0, 1',
    ]);
  });

  it('and is retried elsewhere is told why', () => {
    const plan = planOf({ sketch: { deployments: [{ group: 'a' }, { group: 'a' }] } });
    const [, first, failed, retry, second, ...rest] = told(run(plan, E500, 'ok'));
    expect(first).toMatch(/^0 decision in a: d[01], 2$/);
    expect(failed).toMatch(/^10 failed d[01]: 500 server_error InternalServerError$/);
    expect(retry).toBe('10 retry 1/2 among 2 after 0: another deployment');
    expect(second).toMatch(/^10 decision in a: d[01], 2$/);
    expect(rest).toEqual([]);
  });

  it('and pauses on a lone deployment is told for how long', () => {
    const plan = planOf({ sketch: { deployments: LONE } });
    const lines = told(run(plan, answered(429, null, '2'), 'ok'));
    expect(lines.slice(2)).toEqual([
      '10 failed d0: 429 rate_limit RateLimitError',
      '10 retry 1/2 among 1 after 2000: retry-after',
      '10 wait 2000: retry-after',
      '2010 decision in a: d0, 1',
    ]);
  });

  it.each([
    ['fallbacks', { generic: [rule('a', 'b')] }, {}, E500],
    ['default_fallbacks', { defaults: [{ model: 'b', overrides: undefined }] }, {}, E500],
    ['default_fallbacks', { generic: [rule('x', 'c')], defaults: [{ model: 'b', overrides: undefined }] }, {}, E500],
    ['context_window_fallbacks', { contextWindow: [rule('a', 'b')] }, {}, TOO_LONG],
    ['content_policy_fallbacks', { contentPolicy: [rule('a', 'b')] }, {}, REFUSED],
    ['the request', {}, { fallbacks: targets('b') }, E500],
    ['the request', {}, { fallbacks: { kind: 'rules', rules: [rule('a', 'b')] } }, E500],
    ['the request', {}, { contextWindowFallbacks: targets('b') }, TOO_LONG],
    ['the request', {}, { contentPolicyFallbacks: targets('b') }, REFUSED],
  ] as const)('and falls back is told by which list: %s', (list, lists, intent, failure) => {
    const sketch = { deployments: TWO_GROUPS, settings: { numRetries: 0, ...rules(lists) } };
    const lines = told(run(planOf({ sketch, intent }), failure, 'ok'));
    expect(lines.slice(3)).toEqual([
      `10 fallback a to b by ${list}`,
      '10 group b = group b',
      '10 decision in b: d1, 1',
    ]);
  });

  it('and goes on to a later order is told so', () => {
    const deployments = [
      { group: 'a', order: 1 },
      { group: 'a', order: 2 },
    ];
    const lines = told(run(planOf({ sketch: { deployments, settings: { numRetries: 0 } } }), E500, 'ok'));
    expect(lines[3]).toBe('10 fallback a to a by order');
  });

  it('and comes to nothing is told its end, and no text of any failure', () => {
    const plan = run(planOf({ sketch: { deployments: LONE, settings: { numRetries: 0 } } }), TOO_LONG);
    expect(told(plan).at(-1)).toBe('10 end 400 context_window');
    expect(JSON.stringify(plan.trace?.steps)).not.toContain('secret');
  });

  it('for an unknown name is told its end at once', () => {
    const plan = planOf({ sketch: { deployments: [{ group: 'b' }] } });
    expect(told(run(plan, 'ok'))).toEqual(['0 end 400 bad_request']);
  });

  it('behind a wildcard is told its end too', () => {
    const plan = planOf({ sketch: { deployments: [{ group: 'x/*' }] } });
    expect(told(run(plan, 'ok'))).toEqual(['0 end 400 bad_request']);
  });

  it('for a mock failure is told that it was made up', () => {
    const plan = planOf({ sketch: { deployments: LONE }, intent: { mockFailure: 'context_window' } });
    expect(told(run(plan, 'ok'))).toEqual([
      '0 group a = group a',
      '0 failed mock: 400 context_window ContextWindowExceededError',
      '0 end 400 context_window',
    ]);
  });

  it('is told what a committed answer died of', () => {
    const plan = planOf({ sketch: { deployments: LONE } });
    plan.next(1_000, seededRng(1));
    plan.record({ kind: 'failure', failure: E500, committed: true, unsent: false }, 1_020, seededRng(1));
    expect(told(plan).slice(2)).toEqual([
      '20 failed d0: 500 server_error InternalServerError',
      '20 end 500 server_error',
    ]);
  });

  it('is told a retry that was put off behind a fallback', () => {
    const sketch = { deployments: TWO_GROUPS, settings: rules({ generic: [rule('a', 'b')] }) };
    const lines = told(run(planOf({ sketch }), answered(429, null, '5'), 'ok'));
    expect(lines.slice(3, 5)).toEqual([
      '10 retry 1/2 among 1 after 5000: retry-after, later',
      '10 fallback a to b by fallbacks',
    ]);
  });

  it('is told at most 100 steps, and 20 decisions by candidate', () => {
    const deployments = Array.from({ length: 60 }, () => ({ group: 'a' }));
    // The caller's own doing, which no retry budget bounds.
    const failure: Failure = { ...E500, scope: 'caller' };
    const plan = run(planOf({ sketch: { deployments, settings: { numRetries: 59 } } }), failure);
    const steps = plan.trace?.steps ?? [];
    expect(steps).toHaveLength(100);
    expect(steps.filter((step) => step.kind === 'decision' && step.decision !== undefined)).toHaveLength(20);
  });
});

function targets(...models: readonly string[]): ClientFallbacks {
  return { kind: 'targets', targets: models.map((model) => ({ model, overrides: undefined })) };
}

describe('a shortage', () => {
  const sketch = { deployments: [{ group: 'a', limits: { rpm: 1 } }] };

  function busy(context: Partial<PlanContext>, now: number): Plan {
    const table = sketchTable(sketch);
    const shared = { table, fleet: createFleet(table.deployments) };
    createPlan({ ...base, ...shared }).next(1_000, seededRng(1));
    const plan = createPlan({ ...base, ...shared, startedAtMs: now, ...context });
    plan.next(now, seededRng(1));
    return plan;
  }
  const base = {
    intent: plainIntent({ model: 'a', stream: false, maxTokens: 5 }, 10),
    routeName: '',
    startedAtMs: 1_000,
  };

  it('is told with its wait', () => {
    expect(told(busy({ explain: true }, 56_000))).toEqual([
      '0 group a = group a',
      '0 decision in a: nobody, 5000, 1',
      '0 wait 5000: capacity',
    ]);
  });

  it('is told with its end where waiting is too long', () => {
    const [, , end] = told(busy({ explain: true }, 2_000));
    expect(end).toBe('0 end 429 rate_limit');
  });

  it('is explained where the shell has time for trouble', () => {
    const asked: number[] = [];
    const explainTrouble = (now: number): boolean => asked.push(now) > 0;
    expect(told(busy({ explainTrouble }, 56_000))).toEqual([
      '0 decision in a: nobody, 5000, 1',
      '0 wait 5000: capacity',
    ]);
    expect(asked).toEqual([56_000]);
    expect(told(busy({ explainTrouble: () => false }, 56_000))).toEqual([]);
    expect(told(busy({}, 56_000))).toEqual([]);
  });
});

describe('a request that does not ask', () => {
  const sketch = { deployments: Array.from({ length: 3 }, () => ({ group: 'a' })) };

  it('leaves no trace when it succeeds', () => {
    const plan = run(planOf({ sketch, context: { explainTrouble: () => true } }), 'ok');
    expect(plan.trace).toBeUndefined();
  });

  it('is told from its first failure on, with one decision by candidate', () => {
    const lines = told(run(planOf({ sketch, context: { explainTrouble: () => true } }), E500));
    expect(lines.map((line) => line.replace(/d\d/, 'd'))).toEqual([
      '10 failed d: 500 server_error InternalServerError',
      '10 retry 1/2 among 3 after 0: another deployment',
      '10 decision in a: d, 3',
      '20 failed d: 500 server_error InternalServerError',
      '20 retry 2/2 among 3 after 0: another deployment',
      '20 decision in a: d, unexplained',
      '30 failed d: 500 server_error InternalServerError',
      '30 end 500 server_error',
    ]);
  });

  it('is told without its decisions where very many might serve it', () => {
    const many = { deployments: Array.from({ length: 201 }, () => ({ group: 'a' })), settings: { numRetries: 1 } };
    const lines = told(run(planOf({ sketch: many, context: { explainTrouble: () => true } }), E500));
    expect(lines.filter((line) => line.includes('decision')).map((line) => line.replace(/d\d+/, 'd'))).toEqual([
      '10 decision in a: d, unexplained',
    ]);
  });

  it('goes the same way as one that asks', () => {
    const plans = [{ explain: true }, {}].map((context) => run(planOf({ sketch, context }), E500, E500, 'ok'));
    expect(plans[0]?.tried).toEqual(plans[1]?.tried);
    expect(plans[0]?.deployment).toBe(plans[1]?.deployment);
  });
});

it('what is kept of a failure is its kind, and its timer where one ran out', () => {
  expect(traced(FAILURES.e500)).toEqual({ cause: 'server_error', status: 500, class: 'InternalServerError' });
  expect(traced(FAILURES.timeout)).toEqual({ cause: 'timeout', status: 408, class: 'Timeout', timer: 'attempt' });
});
