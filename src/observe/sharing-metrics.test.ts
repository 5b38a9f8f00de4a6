import { expect, test } from 'vitest';
import { Exposition } from './exposition.ts';
import { SharingMetrics } from './sharing-metrics.ts';

function samples(metrics: SharingMetrics, state: Parameters<SharingMetrics['write']>[1]): string[] {
  const out = new Exposition();
  metrics.write(out, state);
  return out
    .text()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'));
}

test('calls are counted by how they ended, and timed unless they failed', () => {
  const metrics = new SharingMetrics();
  metrics.add({ kind: 'sharing call', outcome: 'answered', durationMs: 1 });
  metrics.add({ kind: 'sharing call', outcome: 'late', durationMs: 249 });
  metrics.add({ kind: 'sharing call', outcome: 'failed', durationMs: 1_000 });
  const state = { kind: 'slow', reason: undefined, place: 'h:1', instances: 3 } as const;
  expect(samples(metrics, state)).toEqual([
    'loadstone_redis_up 1',
    'loadstone_instances 3',
    'loadstone_redis_calls_total 3',
    'loadstone_redis_late_answers_total 1',
    'litellm_redis_fails_total 1',
    'litellm_redis_latency_sum 0.25',
    'litellm_redis_latency_count 2',
  ]);
});

test.for([
  ['starting', 0],
  ['up', 1],
  ['slow', 1],
  ['down', 0],
] as const)('a Redis that is %s shows as %i', ([kind, up]) => {
  const state = { kind, reason: undefined, place: 'h:1', instances: 1 };
  expect(samples(new SharingMetrics(), state)[0]).toBe(`loadstone_redis_up ${up}`);
});

test('without Redis there is no state', () => {
  expect(samples(new SharingMetrics(), undefined)[0]).toBe('loadstone_redis_calls_total 0');
});
