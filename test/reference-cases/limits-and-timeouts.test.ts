// Caps, waits for a limit and timeouts, as LiteLLM's own tests state them (reference 15.2, cases 18, 19 and 43).
import { describe, expect, it } from 'vitest';
import { loadConfigText } from '../../src/config/load.ts';
import { createFleet } from '../../src/core/fleet/fleet.ts';
import { createPlan } from '../../src/core/plan.ts';
import { outcomeOf, plain } from '../support/play-plan.ts';
import { seededRng } from '../support/seeded-rng.ts';

function load(params: string, router = '') {
  return loadConfigText(
    `model_list: [{model_name: m, litellm_params: {model: openai/m, api_key: k${params}}}]\nrouter_settings: {${router}}\n`,
    { env: {} },
  ).table;
}

describe('the cap on concurrent requests', () => {
  const rows: [string, string, string, number | undefined][] = [
    ['max_parallel_requests', ', max_parallel_requests: 10, rpm: 30', 'default_max_parallel_requests: 40', 10],
    ['the default', ', rpm: 30', 'default_max_parallel_requests: 40', 40],
    ['none from rpm: it is a limit of its own', ', rpm: 30', '', undefined],
    ['none from tpm: it is a limit of its own', ', tpm: 10000', '', undefined],
    ['none', '', '', undefined],
  ];
  it.each(rows)('15.2 case 18: is %s', (_, params, router, expected) => {
    const limits = load(params, router).deployments[0]?.limits;
    expect(limits?.maxParallelRequests).toBe(expected);
    if (params.includes('rpm')) expect(limits?.rpm).toBe(30);
  });
});

describe('rpm 1 and three concurrent calls with three retries', () => {
  /** When each call is dispatched, or the seconds after which its client is told to come back. */
  function run(queueTimeout: string): (number | string)[] {
    const table = load(', rpm: 1', `num_retries: 3${queueTimeout}`);
    const fleet = createFleet(table.deployments);
    const rng = seededRng(4);
    const plans = [1, 2, 3].map(() => createPlan({ table, fleet, intent: plain, routeName: '/r', startedAtMs: 0 }));
    const ends: (number | string)[] = [];
    const due = plans.map((plan) => ({ plan, atMs: 0 }));
    for (let next = due.shift(); next !== undefined; next = due.shift()) {
      const action = next.plan.next(next.atMs, rng);
      if (action.kind === 'wait') due.push({ plan: next.plan, atMs: action.untilMs });
      else if (action.kind === 'fail') ends.push(`429 in ${Math.ceil((action.failure.retryAfterMs ?? 0) / 1_000)}`);
      else {
        ends.push(Math.round(next.atMs / 1_000));
        next.plan.record(outcomeOf('ok'), next.atMs, rng);
      }
      due.sort((a, b) => a.atMs - b.atMs);
    }
    return ends;
  }

  it('15.2 case 19: all succeed in the end where they may wait so long', () => {
    expect(run(', queue_timeout: 180')).toEqual([0, 60, 120]);
  });

  it('15.2 case 19: by default a client is told when there will be room instead', () => {
    expect(run('')).toEqual([0, '429 in 60', '429 in 60']);
  });
});

it.each([
  [false, { totalMs: 10, firstContentMs: undefined }],
  [true, { totalMs: undefined, firstContentMs: 1e-7 * 1_000 }],
])('15.2 case 43: of timeout 0.01 and stream_timeout 1e-7 the right one counts (stream: %s)', (stream, expected) => {
  const table = load(', timeout: 0.01, stream_timeout: 1e-7');
  const intent = { ...plain, stream };
  const plan = createPlan({ table, fleet: createFleet(table.deployments), intent, routeName: '/r', startedAtMs: 0 });
  const action = plan.next(0, seededRng(1));
  expect(action).toMatchObject({ kind: 'attempt', attempt: { timeouts: expected } });
});
