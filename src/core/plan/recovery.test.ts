// What the plan does with a stream that broke after the client had a part of it.
import { describe, expect, test } from 'vitest';
import { sketchTable, type DeploymentSketch } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import { createFleet } from '../fleet/fleet.ts';
import { inFlight } from '../fleet/operations.ts';
import type { Attempt, Failure, FailureCause, Resumable } from '../outcome.ts';
import { createPlan, type Plan } from '../plan.ts';
import { plainIntent } from '../request-intent.ts';
import type { RouterSettings } from '../routing-table.ts';

const SAMPLED: Resumable = { isDeterministic: false, mayPrefill: true };
const PINNED: Resumable = { isDeterministic: true, mayPrefill: true };

function failed(cause: FailureCause = 'connection', status = 500): Failure {
  return {
    cause,
    scope: cause === 'bad_request' ? 'request' : 'deployment',
    status,
    message: `${cause}!`,
    type: null,
    param: null,
    code: String(status),
    retryAfterMs: undefined,
    exceptionClass: 'APIConnectionError',
  };
}

class Request {
  readonly plan: Plan;
  readonly fleet;
  readonly rng = seededRng(4);
  #now = 1_000;

  constructor(deployments: readonly DeploymentSketch[], settings: Partial<RouterSettings> = {}, promptTokens = 10) {
    const table = sketchTable({ deployments, settings });
    this.fleet = createFleet(table.deployments);
    const intent = plainIntent({ model: 'gpt-4', stream: true, maxTokens: 10 }, promptTokens);
    this.plan = createPlan({ table, fleet: this.fleet, intent, routeName: '/chat/completions', startedAtMs: 1_000 });
  }

  attempt(): Attempt | Failure {
    const action = this.plan.next(this.#now, this.rng);
    if (action.kind === 'wait' || action.kind === 'count') throw new Error(`nothing to ${action.kind}`);
    return action.kind === 'attempt' ? action.attempt : action.failure;
  }

  breaks(resumable: Resumable | undefined, failure = failed()): void {
    this.#now += 5;
    this.plan.record({ kind: 'failure', failure, committed: true, unsent: false, resumable }, this.#now, this.rng);
  }

  fails(failure: Failure): void {
    this.#now += 5;
    this.plan.record({ kind: 'failure', failure, committed: false, unsent: false }, this.#now, this.rng);
  }
}

const two: DeploymentSketch[] = [{ order: 1 }, { order: 2 }];
const other: DeploymentSketch[] = [{}, { group: 'other' }];
const toOther: Partial<RouterSettings> = {
  fallbacks: {
    generic: [{ from: 'gpt-4', targets: [{ model: 'other', overrides: undefined }] }],
    contextWindow: undefined,
    contentPolicy: undefined,
    defaults: undefined,
  },
};

describe('a stream that broke', () => {
  test('is gone on with by another deployment of the group', () => {
    const request = new Request(two);
    expect(request.attempt()).toMatchObject({ deployment: 0, resume: undefined });
    request.breaks(SAMPLED);
    expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'replay', retries: 1 });
    expect(inFlight(request.fleet, 0)).toBe(0);
  });

  test('is gone on with by a fallback where the group has nobody else', () => {
    const request = new Request(other, toOther);
    request.attempt();
    request.breaks(SAMPLED);
    expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'replay', fallbacks: 1, group: 'other' });
  });

  test('is never asked of the deployment that broke it', () => {
    const request = new Request([{}]);
    request.attempt();
    request.breaks(PINNED);
    expect(request.attempt()).toMatchObject({ message: 'connection!', status: 500 });
  });

  test.each([
    ['it cannot be resumed', undefined, {}, failed()],
    ['recovery is off', SAMPLED, { streamRecovery: 'off' }, failed()],
    ['num_retries is 0 and there is no fallback', SAMPLED, { numRetries: 0 }, failed()],
    ['the provider refused the content', SAMPLED, {}, failed('content_policy', 400)],
    ['the request was at fault', SAMPLED, {}, failed('bad_request', 400)],
  ] as const)('ends with its failure when %s', (_name, resumable, settings, failure) => {
    const request = new Request([{}, {}], settings);
    request.attempt();
    request.breaks(resumable, failure);
    expect(request.attempt()).toEqual(failure);
  });

  test('is asked for once more only when that is cheap or likely to be the same', () => {
    const settings = { streamRecoveryMaxPromptTokens: 100 };
    const rows: [Resumable, number, boolean][] = [
      [SAMPLED, 100, true],
      [SAMPLED, 101, false],
      [PINNED, 100_000, true],
    ];
    for (const [resumable, promptTokens, isTried] of rows) {
      const request = new Request(two, settings, promptTokens);
      request.attempt();
      request.breaks(resumable);
      expect('deployment' in request.attempt()).toBe(isTried);
    }
  });

  test('goes first to those who go on from its beginning, whatever the prompt', () => {
    const deployments = [{ order: 1 }, { order: 2 }, { order: 3, continuesPrefill: true }];
    const request = new Request(deployments, { streamRecoveryMaxPromptTokens: 0 });
    request.attempt();
    request.breaks(SAMPLED);
    expect(request.attempt()).toMatchObject({ deployment: 2, resume: 'prefill' });
  });

  test('has no beginning to go on from where the request has no form for it', () => {
    const request = new Request([{ order: 1 }, { order: 2, continuesPrefill: true }]);
    request.attempt();
    request.breaks({ isDeterministic: false, mayPrefill: false });
    expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'replay' });
  });

  test('is asked for as a whole after a deployment rejects the beginning', () => {
    const request = new Request([{ order: 1 }, { order: 2, continuesPrefill: true }, { order: 3 }]);
    request.attempt();
    request.breaks(SAMPLED);
    expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'prefill' });
    request.fails(failed('bad_request', 400));
    expect(request.attempt()).toMatchObject({ deployment: 2, resume: 'replay' });
  });

  describe('whose only other deployment rejects the beginning', () => {
    const prefilling: DeploymentSketch[] = [{}, { group: 'other', continuesPrefill: true }];

    test('is asked of it once more, at once and as a whole', () => {
      const request = new Request(prefilling, toOther);
      request.attempt();
      request.breaks(SAMPLED);
      expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'prefill', retries: 0 });
      request.fails(failed('bad_request', 400));
      expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'replay', retries: 1, fallbacks: 1 });
      request.fails(failed('bad_request', 400));
      expect(request.attempt()).toMatchObject({ message: 'connection!' });
    });

    test.each<[string, Partial<RouterSettings>, Failure]>([
      ['the answer would differ', { streamRecoveryMaxPromptTokens: 0 }, failed('bad_request', 400)],
      ['num_retries is 0', { numRetries: 0 }, failed('bad_request', 400)],
      ['it fails in another way', {}, failed('server_error', 500)],
    ])('is not asked of it again when %s', (_name, settings, failure) => {
      const request = new Request(prefilling, { ...toOther, ...settings });
      request.attempt();
      request.breaks(SAMPLED);
      expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'prefill' });
      request.fails(failure);
      expect(request.attempt()).toMatchObject({ message: 'connection!' });
    });
  });

  test('that is refused as a whole is not asked of the same deployment again', () => {
    const request = new Request(other, toOther);
    request.attempt();
    request.breaks(SAMPLED);
    expect(request.attempt()).toMatchObject({ deployment: 1, resume: 'replay' });
    request.fails(failed('bad_request', 400));
    expect(request.attempt()).toMatchObject({ message: 'connection!' });
  });

  test('is gone on with once: a second break ends it with the first failure', () => {
    const request = new Request([{ order: 1 }, { order: 2 }, { order: 3 }]);
    request.attempt();
    request.breaks(PINNED, failed('timeout', 408));
    request.attempt();
    request.breaks(PINNED, failed('connection', 500));
    expect(request.attempt()).toMatchObject({ message: 'timeout!' });
  });

  test('outlives attempts that fail before they say anything', () => {
    const request = new Request([{ order: 1 }, { order: 2 }, { order: 3 }]);
    request.attempt();
    request.breaks(PINNED);
    request.attempt();
    request.fails(failed('server_error', 503));
    expect(request.attempt()).toMatchObject({ deployment: 2, resume: 'replay' });
    request.fails(failed('server_error', 503));
    expect(request.attempt()).toMatchObject({ message: 'connection!' });
  });

  test('of an unsafe request is not asked for again', () => {
    const table = sketchTable({ deployments: two });
    const fleet = createFleet(table.deployments);
    const intent = { ...plainIntent({ model: 'gpt-4', stream: true, maxTokens: 10 }, 10), retryUnsafe: true };
    const plan = createPlan({ table, fleet, intent, routeName: '/x', startedAtMs: 0 });
    const rng = seededRng(1);
    plan.next(0, rng);
    plan.record({ kind: 'failure', failure: failed(), committed: true, unsent: false, resumable: PINNED }, 1, rng);
    expect(plan.next(1, rng)).toMatchObject({ kind: 'fail' });
  });
});
