import { expect, test } from 'vitest';
import { sketchContext, sketchTable } from '../../../test/support/routing-fixture.ts';
import { seededRng } from '../../../test/support/seeded-rng.ts';
import type { Limits } from '../deployment.ts';
import { createFleet, rowOf } from '../fleet/fleet.ts';
import { select } from '../select/select.ts';
import { shortageFailure } from '../plan/shortage-failure.ts';
import { promptExceedsLimit } from './oversized.ts';

test.each<{ limits: Partial<Limits>; exact: number | undefined; exceeds: boolean }>([
  { limits: { tpm: 100 }, exact: undefined, exceeds: false },
  { limits: { tpm: 100 }, exact: 100, exceeds: false },
  { limits: { tpm: 100 }, exact: 101, exceeds: true },
  { limits: { tpm: 200, itpm: 100 }, exact: 101, exceeds: true },
  { limits: { otpm: 100, rpm: 1 }, exact: 101, exceeds: false },
])('a prompt of $exact tokens under $limits exceeds the whole limit: $exceeds', ({ limits, exact, exceeds }) => {
  const table = sketchTable({ deployments: [{ limits }] });
  const fleet = createFleet(table.deployments);
  const demand = { promptTokens: 5, maxTokens: 0, exactPromptTokens: exact };
  expect(promptExceedsLimit(rowOf(fleet, 0), demand)).toBe(exceeds);
  const selection = select(sketchContext({ table, fleet }, demand), 0, seededRng(1));
  if (exceeds) expect(selection).toMatchObject({ kind: 'none', oversized: 1, limited: 0, soonestMs: undefined });
  else expect(selection.kind).toBe('picked');
});

test('with limits as weights only, no prompt is too large', () => {
  const table = sketchTable({ deployments: [{ limits: { tpm: 10 } }], settings: { enforceLimits: false } });
  const context = sketchContext({ table, fleet: createFleet(table.deployments) }, { exactPromptTokens: 99 });
  expect(select(context, 0, seededRng(1)).kind).toBe('picked');
});

test('such a prompt is refused with its size and without a time to come back', () => {
  const table = sketchTable({ deployments: [{ limits: { tpm: 100 } }, { limits: { itpm: 90 } }, { tags: ['x'] }] });
  const fleet = createFleet(table.deployments);
  const context = sketchContext({ table, fleet }, { exactPromptTokens: 101, candidates: [0, 1] });
  const none = select(context, 0, seededRng(1));
  if (none.kind !== 'none') throw new Error('picked');
  const failure = shortageFailure(context, none, { group: 'gpt-4', now: 0, isFallbackById: false });
  expect(failure).toMatchObject({ status: 429, cause: 'rate_limit', retryAfterMs: undefined, scope: 'request' });
  expect(failure.message).toBe(
    'litellm.RateLimitError: the prompt has 101 tokens, more than the tpm or itpm of every deployment of gpt-4: ' +
      'no wait makes room for it. Shorten it or raise the limit.',
  );
});

test('it is one reason among others where only some limits are too small', () => {
  const table = sketchTable({ deployments: [{ limits: { tpm: 100 } }, { limits: { maxParallelRequests: 0 } }] });
  const context = sketchContext({ table, fleet: createFleet(table.deployments) }, { exactPromptTokens: 101 });
  const none = select(context, 0, seededRng(1));
  if (none.kind !== 'none') throw new Error('picked');
  const { message } = shortageFailure(context, none, { group: 'gpt-4', now: 0, isFallbackById: false });
  expect(message).toContain('1 with all max_parallel_requests in use, 1 with a limit smaller than the prompt');
});
