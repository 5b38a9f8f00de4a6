// Plays one request of the core against scripted answers, with a clock of its own: what the plan does next, attempt by
// attempt, without any network. Shared by the tests of the plan, its properties and the reference cases.
import { expect } from 'vitest';
import { classifyAnswer, classifyBroken, type FailureContext } from '../../src/core/classify.ts';
import { createFleet, type Fleet } from '../../src/core/fleet/fleet.ts';
import type { Attempt, Failure, Outcome } from '../../src/core/outcome.ts';
import { unsupportedFailure } from '../../src/core/own-failures.ts';
import { createPlan, type Plan, type PlanContext } from '../../src/core/plan.ts';
import { plainIntent, type RequestIntent } from '../../src/core/request-intent.ts';
import type { FallbackRule, FallbackTarget, RoutingTable } from '../../src/core/routing-table.ts';
import type { Millis } from '../../src/core/units.ts';
import { sketchTable, type DeploymentSketch, type TableSketch } from './routing-fixture.ts';
import { seededRng } from './seeded-rng.ts';

export const blame: FailureContext = {
  provider: 'openai',
  callerCredentials: false,
  setByCaller: false,
  timeoutMs: undefined,
};

export function answered(
  status: number,
  error: { message?: string; code?: string },
  headers: Record<string, string> = {},
): Failure {
  const body = JSON.stringify({
    error: { message: error.message ?? 'no', type: null, param: null, code: error.code ?? null },
  });
  return classifyAnswer({ ...blame, status, header: (name) => headers[name], body, badAnswer: undefined });
}

export const FAILURES = {
  e400: answered(400, { message: 'Invalid value for temperature' }),
  e401: answered(401, { message: 'Incorrect API key provided' }),
  e402: answered(402, { message: 'Insufficient Balance' }),
  e403: answered(403, { message: 'You are not allowed to do this' }),
  e404: answered(404, { message: 'No such file' }),
  noModel: answered(404, { message: 'The model `m` does not exist', code: 'model_not_found' }),
  e408: answered(408, { message: 'Request timed out at the provider' }),
  e409: answered(409, { message: 'Conflict' }),
  e422: answered(422, { message: 'Unprocessable' }),
  e429: answered(429, { message: 'Rate limit reached' }),
  e429after1: answered(429, { message: 'Rate limit reached' }, { 'retry-after': '1' }),
  e429after5: answered(429, { message: 'Rate limit reached' }, { 'retry-after': '5' }),
  e429after90: answered(429, { message: 'Rate limit reached' }, { 'retry-after': '90' }),
  e500: answered(500, { message: 'The server had an error' }),
  e503: answered(503, { message: 'The engine is overloaded' }),
  window: answered(400, { message: "This model's maximum context length is 10", code: 'context_length_exceeded' }),
  policy: answered(400, { code: 'content_policy_violation' }),
  tooLarge: answered(429, { message: 'Request too large for gpt-4 on tokens per min (TPM): Limit 10, Requested 20' }),
  unsupported: unsupportedFailure('the provider cannot do that', 'tools'),
  callerTimeout: classifyBroken(
    { kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'late' },
    { ...blame, setByCaller: true },
  ),
  timeout: classifyBroken({ kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'late' }, blame),
} as const;
export type Word = keyof typeof FAILURES | 'ok';

export const plain = plainIntent({ model: 'm', stream: false, maxTokens: undefined }, 10);

export interface Run {
  readonly plan: Plan;
  readonly attempts: Attempt[];
  readonly waits: { reason: string; ms: Millis }[];
  readonly result: 'success' | Failure;
  readonly endedAtMs: Millis;
}

export interface World {
  readonly table: RoutingTable;
  readonly fleet: Fleet;
}

/** Group name to deployments; `m: 2` makes two equal ones. */
export function world(
  groups: Record<string, number | DeploymentSketch[]>,
  more: Omit<TableSketch, 'deployments'> = {},
): World {
  const deployments = Object.entries(groups).flatMap(([group, members]) => {
    const sketches =
      typeof members === 'number' ? Array.from({ length: members }, (): DeploymentSketch => ({})) : members;
    return sketches.map((sketch, nth): DeploymentSketch => ({
      id: `${group}-${nth}`,
      group,
      upstreamModel: group,
      ...sketch,
    }));
  });
  const table = sketchTable({ deployments, ...more });
  return { table, fleet: createFleet(table.deployments) };
}

export const rules = (lists: Record<string, (string | FallbackTarget)[]>): FallbackRule[] =>
  Object.entries(lists).map(([from, targets]) => ({ from, targets: targetsOf(targets) }));

export const targetsOf = (targets: (string | FallbackTarget)[]): FallbackTarget[] =>
  targets.map((target) => (typeof target === 'string' ? { model: target, overrides: undefined } : target));

export const fallbacks = (generic: Record<string, (string | FallbackTarget)[]> | undefined, more: object = {}) => ({
  generic: generic && rules(generic),
  contextWindow: undefined,
  contentPolicy: undefined,
  defaults: undefined,
  ...more,
});

/**
 * Plays a request against words: a list for all attempts (the last repeats) or one per group or deployment id. Every
 * attempt takes 10 ms.
 */
export function play(
  { table, fleet }: World,
  script: Word[] | Record<string, Word[]>,
  more: { intent?: Partial<RequestIntent>; startMs?: Millis; seed?: number; context?: Partial<PlanContext> } = {},
): Run {
  const rng = seededRng(more.seed ?? 7);
  let now = more.startMs ?? 1_000;
  const intent = { ...plain, ...more.intent };
  const plan = createPlan({ table, fleet, intent, routeName: '/chat/completions', startedAtMs: now, ...more.context });
  const attempts: Attempt[] = [];
  const waits: Run['waits'] = [];
  const used = new Map<string, number>();
  for (let step = 0; step < 200; step++) {
    const action = plan.next(now, rng);
    if (action.kind === 'fail') return { plan, attempts, waits, result: action.failure, endedAtMs: now };
    if (action.kind === 'wait') {
      expect(action.untilMs).toBeGreaterThan(now);
      waits.push({ reason: action.reason, ms: action.untilMs - now });
      now = action.untilMs;
      continue;
    }
    if (action.kind === 'count') {
      plan.counted(undefined, now);
      continue;
    }
    const { attempt } = action;
    attempts.push(attempt);
    now += 10;
    const id = table.deployments[attempt.deployment]?.id ?? '';
    const word = nextWord(script, { id, group: attempt.group, used });
    plan.record(outcomeOf(word), now, rng);
    if (word === 'ok') return { plan, attempts, waits, result: 'success', endedAtMs: now };
  }
  throw new Error('the plan does not end');
}

function nextWord(
  script: Word[] | Record<string, Word[]>,
  { id, group, used }: { readonly id: string; readonly group: string; readonly used: Map<string, number> },
): Word {
  const key = Array.isArray(script) ? '' : id in script ? id : group;
  const words = Array.isArray(script) ? script : (script[key] ?? ['ok']);
  const nth = used.get(key) ?? 0;
  used.set(key, nth + 1);
  return words[Math.min(nth, words.length - 1)] ?? 'ok';
}

/** What an attempt that ends with `word` came to. */
export function outcomeOf(word: Word): Outcome {
  const usage = { promptTokens: 11, completionTokens: 7, totalTokens: 18 };
  if (word === 'ok') return { kind: 'success', usage, timing: { totalMs: 1, firstContentMs: undefined } };
  return { kind: 'failure', failure: FAILURES[word], committed: false, unsent: false };
}

export const statusOf = (run: Run): number => (run.result === 'success' ? 200 : run.result.status);
export const groupsOf = (run: Run): string[] => run.attempts.map(({ group }) => group);
