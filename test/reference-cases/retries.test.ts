// Retries, as LiteLLM's own tests state them (reference 15.2, cases 20 to 28 and 44).
import { describe, expect, it } from 'vitest';
import { loadConfigText } from '../../src/config/load.ts';
import { createFleet } from '../../src/core/fleet/fleet.ts';
import { fallbacks, groupsOf, play, statusOf, world, type Word } from '../support/play-plan.ts';

/** The world of a config text. */
function configured(text: string) {
  const { table } = loadConfigText(text, { env: {} });
  return { table, fleet: createFleet(table.deployments) };
}

const ENTRY = '{model_name: m, litellm_params: {model: openai/m, api_base: "http://127.0.0.1:9/v1", api_key: k}}';

describe('retries of a group', () => {
  it('15.2 case 20: two byte-identical entries share an id, so a refused key is not retried', () => {
    const there = configured(`model_list: [${ENTRY}, ${ENTRY}]\n`);
    expect(there.table.deployments.map(({ id }) => id)).toEqual([
      there.table.deployments[0]?.id,
      there.table.deployments[0]?.id,
    ]);
    const run = play(there, ['e401']);
    expect([run.attempts.length, statusOf(run)]).toEqual([1, 401]);
  });

  it('15.2 case 21: two deployments and a generic API error make exactly two retries by default', () => {
    const other = ENTRY.replace('openai/m', 'openai/n');
    const run = play(configured(`model_list: [${ENTRY}, ${other}]\n`), ['e500']);
    expect([run.attempts.length, run.attempts.at(-1)?.retries]).toEqual([3, 2]);
  });

  it('15.2 case 22: a policy of three for content policy makes three retries after a content filter', () => {
    const there = configured(
      `model_list: [${ENTRY}]\nrouter_settings: {retry_policy: {ContentPolicyViolationErrorRetries: 3}}\n`,
    );
    expect(play(there, ['policy']).attempts).toHaveLength(4);
  });

  it('15.2 case 23: the policy of a group beats that of the router; another group’s 0 is none', () => {
    const zero = ENTRY.replace('model_name: m', 'model_name: z');
    const settings =
      'router_settings: {retry_policy: {ContentPolicyViolationErrorRetries: 3, AuthenticationErrorRetries: 3}, ' +
      'model_group_retry_policy: {m: {ContentPolicyViolationErrorRetries: 2}, z: {AuthenticationErrorRetries: 0}}}\n';
    const there = configured(`model_list: [${ENTRY}, ${zero}]\n${settings}`);
    expect(play(there, ['policy']).attempts).toHaveLength(3);
    expect(play(there, ['e401'], { intent: { model: 'z' } }).attempts).toHaveLength(1);
  });
});

describe('whether a failure is retried', () => {
  it('15.2 case 24: a rate limit with nobody healthy left goes to the fallback; without one its time is waited for', () => {
    const settings = { numRetries: 3, fallbacks: fallbacks({ m: ['b'] }) };
    const run = play(world({ m: 2, b: 1 }, { settings }), { m: ['e429after5'], b: ['ok'] });
    expect(groupsOf(run)).toEqual(['m', 'm', 'b']);
    expect(run.waits).toEqual([]);
    const alone = play(world({ m: 2 }, { settings: { numRetries: 3 } }), ['e429after5', 'e429after5', 'ok']);
    expect([alone.result, alone.waits.length]).toEqual(['success', 1]);
  });

  it('15.2 case 25: a rate limit with another healthy deployment is retried there, at once', () => {
    const run = play(world({ m: 2 }), ['e429', 'ok']);
    expect(run.result).toBe('success');
    expect(run.waits).toEqual([]);
    expect(new Set(run.attempts.map(({ deployment }) => deployment)).size).toBe(2);
  });

  it('15.2 case 26: a 404 is never retried, unless it says that only this deployment lacks the model', () => {
    expect(play(world({ m: 3 }), ['e404']).attempts).toHaveLength(1);
    expect(play(world({ m: 1 }), ['noModel']).attempts).toHaveLength(1);
    expect(play(world({ m: 2 }), ['noModel', 'ok']).result).toBe('success');
  });

  it('15.2 case 27: a prompt too long goes to its list at once; without one it may go to a larger window', () => {
    const lists = {
      fallbacks: fallbacks(undefined, {
        contextWindow: [{ from: 'm', targets: [{ model: 'b', overrides: undefined }] }],
      }),
    };
    const run = play(world({ m: 2, b: 1 }, { settings: lists }), { m: ['window'], b: ['ok'] });
    expect(groupsOf(run)).toEqual(['m', 'b']);
    const windows = world({
      m: [
        { maxInputTokens: 10, order: 1 },
        { maxInputTokens: 99, order: 2 },
      ],
    });
    expect(play(windows, ['window', 'ok']).attempts.map(({ deployment }) => deployment)).toEqual([0, 1]);
    expect(play(world({ m: 2 }), ['window']).attempts).toHaveLength(1);
  });

  it('15.2 case 28: a Retry-After is waited for as it is on a lone deployment if the queue allows, never in a group of two', () => {
    const settings = { numRetries: 1, queueTimeoutMs: 120_000 };
    const lone = play(world({ m: 1 }, { settings }), ['e429after90', 'ok']);
    expect(lone.waits).toEqual([{ reason: 'retry-after', ms: 90_000 }]);
    expect(lone.result).toBe('success');
    const told = play(world({ m: 1 }, { settings: { numRetries: 1 } }), ['e429after90']);
    expect([told.waits.length, statusOf(told)]).toEqual([0, 429]);
    expect(told.result).toMatchObject({ retryAfterMs: 90_000 });
    expect(play(world({ m: 2 }, { settings }), ['e429after90', 'ok']).waits).toEqual([]);
  });

  const words: Word[] = ['timeout', 'e500'];
  it.each(words.flatMap((word) => [0, 1, 2, 3].map((retries) => [word, retries] as const)))(
    '15.2 case 44: after %s, num_retries %i makes one call more',
    (word, numRetries) => {
      expect(play(world({ m: 1 }, { settings: { numRetries } }), [word]).attempts).toHaveLength(numRetries + 1);
      expect(play(world({ m: 1 }), [word], { intent: { numRetries } }).attempts).toHaveLength(numRetries + 1);
    },
  );
});
