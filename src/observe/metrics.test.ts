import { expect, test } from 'vitest';
import { loadConfigText } from '../config/load.ts';
import { AdmissionQueue } from '../core/queue/admission-queue.ts';
import { budgetOf, createFleet } from '../core/fleet/fleet.ts';
import { drawRetry } from '../core/plan/retry-budget.ts';
import { blockUntil } from '../core/breaker/breaker.ts';
import type { Failure } from '../core/outcome.ts';
import type { AttemptEvent, RequestEvent } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';
import { Metrics } from './metrics.ts';

const CONFIG = `
model_list:
- model_name: gpt
  litellm_params: {model: openai/one, api_base: http://127.0.0.1:9/v1, api_key: sk-secret-1, rpm: 10, tpm: 500}
  model_info: {id: d1}
- model_name: gpt
  litellm_params: {model: openai/two, api_base: http://127.0.0.1:8/v1, api_key: sk-secret-2}
  model_info: {id: d2}
- model_name: idle
  litellm_params: {model: openai/three, api_base: http://127.0.0.1:7/v1, api_key: os.environ/NOT_SET}
  model_info: {id: d3}
`;

function runtimeOf(text: string): Runtime {
  const config = loadConfigText(text, { env: {} });
  return { config, fleet: createFleet(config.table.deployments), queue: new AdmissionQueue(), transports: [] };
}

const ATTEMPT: AttemptEvent = {
  kind: 'attempt',
  callId: 'c',
  deployment: 0,
  requestedModel: 'gpt',
  group: 'gpt',
  outcome: 'success',
  failure: undefined,
  durationMs: 500,
  firstContentMs: undefined,
  usage: { promptTokens: 5, completionTokens: 10, totalTokens: 15 },
  remainingRequests: 9,
  remainingTokens: undefined,
};

const REQUEST: RequestEvent = {
  kind: 'request',
  callId: 'c',
  endpoint: 'chat',
  path: '/chat/completions',
  requestedModel: 'gpt',
  group: 'gpt',
  deployment: 0,
  status: 200,
  stream: true,
  attempts: 1,
  retries: 0,
  fallbacks: 0,
  durationMs: 600,
  upstreamMs: 500,
  queuedMs: 99,
  firstContentMs: 40,
  usage: undefined,
  outcome: 'success',
  failure: undefined,
};

const FAILURE: Failure = {
  cause: 'rate_limit',
  scope: 'deployment',
  status: 429,
  message: 'slow down',
  type: null,
  param: null,
  code: null,
  retryAfterMs: undefined,
  exceptionClass: 'RateLimitError',
};

/** Samples by `name{labels}`; every one may stand there once. */
async function scrape(metrics: Metrics, runtime: Runtime): Promise<Map<string, number>> {
  const state = { inFlight: 3, queued: 2, admitted: 0, rejected: 0, openResponses: 0, shuttingDown: false };
  const text = await metrics.text({ runtime, state, now: 1_000, openConnections: 7 });
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, key = '', value = ''] = /^([a-z_]\w*(?:\{.*\})?) (\S+)$/i.exec(line) ?? [];
    expect(key, line).not.toBe('');
    expect(samples.has(key), key).toBe(false);
    samples.set(key, Number(value));
  }
  return samples;
}

/** The value of the one sample of a family whose labels hold all these. */
function valueOf(
  samples: ReadonlyMap<string, number>,
  family: string,
  labels: readonly string[] = [],
): number | undefined {
  const found = [...samples].filter(
    ([key]) => (key === family || key.startsWith(`${family}{`)) && labels.every((label) => key.includes(label)),
  );
  expect(found.length, `${family} ${labels.join()}`).toBeLessThanOrEqual(1);
  return found[0]?.[1];
}

test('attempts count per deployment and requested model', async () => {
  const runtime = runtimeOf(CONFIG);
  const metrics = new Metrics();
  const listener = metrics.adopt(runtime);
  listener(ATTEMPT);
  listener({ ...ATTEMPT, requestedModel: 'd1' });
  listener({ ...ATTEMPT, outcome: 'failure', failure: FAILURE, usage: undefined, remainingRequests: 8 });
  listener({ ...ATTEMPT, outcome: 'abandoned', usage: undefined });
  const seen = await scrape(metrics, runtime);
  const gpt = ['requested_model="gpt"', 'model_id="d1"'];
  expect(valueOf(seen, 'litellm_deployment_success_responses_total', gpt)).toBe(1);
  expect(valueOf(seen, 'litellm_deployment_success_responses_total', ['requested_model="d1"'])).toBe(1);
  expect(valueOf(seen, 'litellm_deployment_total_requests_total', gpt)).toBe(2);
  const failed = [...gpt, 'exception_status="429"', 'exception_class="RateLimitError"'];
  expect(valueOf(seen, 'litellm_deployment_failure_responses_total', failed)).toBe(1);
  expect(valueOf(seen, 'loadstone_deployment_failures_total', ['cause="rate_limit"'])).toBe(1);
  expect(valueOf(seen, 'litellm_remaining_requests_metric', ['model_id="d1"'])).toBe(9);
  expect(valueOf(seen, 'litellm_remaining_tokens_metric')).toBeUndefined();
  expect(valueOf(seen, 'litellm_deployment_latency_per_output_token_sum')).toBeCloseTo(0.1);
});

test('requests count by status, and their times where they were answered', async () => {
  const runtime = runtimeOf(CONFIG);
  const metrics = new Metrics();
  const listener = metrics.adopt(runtime);
  listener(REQUEST);
  listener({ ...REQUEST, status: 429, outcome: 'failure', failure: FAILURE });
  listener({ ...REQUEST, status: 0, outcome: 'abandoned' });
  listener({ ...REQUEST, requestedModel: 'made-up', deployment: undefined, status: 400, outcome: 'failure' });
  const seen = await scrape(metrics, runtime);
  const total = 'litellm_proxy_total_requests_metric_total';
  expect(['200', '429', '499'].map((status) => valueOf(seen, total, ['="gpt"', `status_code="${status}"`]))).toEqual([
    1, 1, 1,
  ]);
  expect(valueOf(seen, total, ['requested_model="other"', 'status_code="400"'])).toBe(1);
  expect(valueOf(seen, 'litellm_proxy_failed_requests_metric_total', ['exception_status="429"'])).toBe(1);
  const model = ['model="openai/one"'];
  expect(valueOf(seen, 'litellm_request_total_latency_metric_count', model)).toBe(1);
  expect(valueOf(seen, 'litellm_request_total_latency_metric_sum', model)).toBeCloseTo(0.6);
  expect(valueOf(seen, 'litellm_llm_api_latency_metric_sum', model)).toBeCloseTo(0.5);
  expect(valueOf(seen, 'litellm_overhead_latency_metric_sum', model)).toBeCloseTo(0.001);
  expect(valueOf(seen, 'litellm_llm_api_time_to_first_token_metric_sum', model)).toBeCloseTo(0.04);
  expect(valueOf(seen, 'litellm_request_queue_time_seconds_sum', model)).toBeCloseTo(0.099);
});

test('fallbacks and openings of the breaker say why', async () => {
  const runtime = runtimeOf(CONFIG);
  const metrics = new Metrics();
  const listener = metrics.adopt(runtime);
  const hop = { kind: 'fallback', requestedModel: 'gpt', fallbackModel: 'idle', failure: FAILURE } as const;
  listener({ ...hop, succeeded: true });
  listener({ ...hop, succeeded: false });
  listener({ ...hop, succeeded: false, fallbackModel: 'invented by a client' });
  listener({ kind: 'breaker', deployment: 1, state: 'open', status: 500 });
  listener({ kind: 'breaker', deployment: 1, state: 'closed', status: undefined });
  const seen = await scrape(metrics, runtime);
  const to = ['requested_model="gpt"', 'fallback_model="idle"', 'exception_status="429"'];
  expect(valueOf(seen, 'litellm_deployment_successful_fallbacks_total', to)).toBe(1);
  expect(valueOf(seen, 'litellm_deployment_failed_fallbacks_total', to)).toBe(1);
  expect(valueOf(seen, 'litellm_deployment_failed_fallbacks_total', ['fallback_model="other"'])).toBe(1);
  const opened = ['model_id="d2"', 'exception_status="500"'];
  expect(valueOf(seen, 'litellm_deployment_cooled_down_total', opened)).toBe(1);
});

test('a scrape reads health and limits as they are then', async () => {
  const runtime = runtimeOf(CONFIG);
  const metrics = new Metrics();
  metrics.adopt(runtime);
  blockUntil(runtime.fleet, 1, 60_000);
  const seen = await scrape(metrics, runtime);
  expect(valueOf(seen, 'litellm_deployment_state', ['model_id="d1"'])).toBe(0);
  expect(valueOf(seen, 'litellm_deployment_state', ['model_id="d2"'])).toBe(2);
  expect(valueOf(seen, 'litellm_deployment_state', ['model_id="d3"'])).toBeUndefined();
  expect(valueOf(seen, 'loadstone_deployment_out_of_rotation', ['model_id="d3"'])).toBe(1);
  expect(valueOf(seen, 'litellm_deployment_rpm_limit', ['model_id="d1"'])).toBe(10);
  expect(valueOf(seen, 'litellm_deployment_tpm_limit', ['model_id="d1"'])).toBe(500);
  expect(valueOf(seen, 'litellm_deployment_rpm_limit', ['model_id="d2"'])).toBeUndefined();
  expect(valueOf(seen, 'loadstone_limiter_headroom', ['model_id="d1"'])).toBe(1);
  expect(valueOf(seen, 'litellm_in_flight_requests')).toBe(3);
  expect(valueOf(seen, 'loadstone_queued_requests')).toBe(2);
  expect(valueOf(seen, 'loadstone_open_connections')).toBe(7);
  expect(valueOf(seen, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

test('deployments that agree in all labels share their samples', async () => {
  const entry = `
- model_name: gpt
  litellm_params: {model: openai/m, api_base: http://127.0.0.1:9/v1, api_key: k}`;
  const runtime = runtimeOf(`model_list:${entry}${entry}`);
  const metrics = new Metrics();
  const listener = metrics.adopt(runtime);
  listener(ATTEMPT);
  listener({ ...ATTEMPT, deployment: 1 });
  listener(REQUEST);
  listener({ ...REQUEST, deployment: 1 });
  const seen = await scrape(metrics, runtime);
  expect(valueOf(seen, 'litellm_deployment_success_responses_total')).toBe(2);
  expect(valueOf(seen, 'litellm_request_total_latency_metric_count')).toBe(2);
});

test('a scrape shows what is left of the retry budgets, each group once', async () => {
  const runtime = runtimeOf(CONFIG);
  const budget = budgetOf(runtime.fleet, 1);
  for (let nth = 0; nth < 22; nth++) drawRetry(budget, 1_000);
  const metrics = new Metrics();
  metrics.adopt(runtime);
  const seen = await scrape(metrics, runtime);
  expect(valueOf(seen, 'loadstone_retry_budget_left', ['model="gpt"'])).toBe(0);
  expect(valueOf(seen, 'loadstone_retry_budget_left', ['model="idle"'])).toBe(20);
  expect(valueOf(seen, 'loadstone_retries_refused_total', ['model="gpt"'])).toBe(2);
  expect(valueOf(seen, 'loadstone_retries_refused_total', ['model="idle"'])).toBe(0);
});

test('what one thread has counted of anything, another shows when it has been told', async () => {
  const runtime = runtimeOf(CONFIG);
  const [one, all] = [new Metrics(), new Metrics()];
  const listener = one.adopt(runtime);
  all.adopt(runtime);
  listener(ATTEMPT);
  listener({ ...ATTEMPT, deployment: 1, outcome: 'failure', failure: FAILURE });
  listener({ ...REQUEST, raced: 'second', recovered: 'replay' });
  listener({ ...REQUEST, status: 429, outcome: 'failure', failure: FAILURE, mirror: true });
  listener({
    kind: 'fallback',
    callId: 'c',
    requestedModel: 'gpt',
    fallbackModel: 'idle',
    succeeded: true,
    failure: FAILURE,
  });
  listener({ kind: 'breaker', deployment: 0, state: 'open', status: 500 });
  one.sharingCall({ kind: 'sharing call', outcome: 'late', durationMs: 60 });
  const counted = (samples: ReadonlyMap<string, number>): [string, number][] =>
    [...samples].filter(([key]) => !/^(?:process|nodejs)_/.test(key));
  const [own, empty] = [counted(await scrape(one, runtime)), counted(await scrape(all, runtime))];
  expect(own.length).toBeGreaterThan(empty.length + 20);
  for (const times of [1, 2]) {
    all.absorb(structuredClone(one.counted()));
    const told = new Map(counted(await scrape(all, runtime)));
    expect([...told.keys()].toSorted()).toEqual(own.map(([key]) => key).toSorted());
    for (const [key, value] of own) {
      if (/_(?:total|count|sum|bucket)(?:\{|$)/.test(key)) expect([key, told.get(key)]).toEqual([key, times * value]);
    }
  }
});
