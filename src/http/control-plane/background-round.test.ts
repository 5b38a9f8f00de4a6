import { expect, test } from 'vitest';
import { loadConfigText } from '../../config/load.ts';
import { snapshot } from '../../core/fleet/snapshot.ts';
import { AffinityMemory } from '../../core/affinity/affinity-memory.ts';
import { createRuntime } from '../../gateway/runtime.ts';
import { backgroundIndexes, recordChecks } from './background-round.ts';
import type { CheckedDeployment } from './health-report.ts';

function runtime(general = '') {
  const entry = (group: string, info = ''): string =>
    `{model_name: ${group}, litellm_params: {model: openai/m, api_key: k}, model_info: {id: ${group}, ${info}}}`;
  const models = [entry('a'), entry('b', 'disable_background_health_check: true'), entry('c')];
  return createRuntime(
    loadConfigText(`model_list: [${models.join(', ')}]\ngeneral_settings: {${general}}`, { env: {} }),
    { transports: [], affinity: new AffinityMemory() },
  );
}

function checked(isHealthy: boolean, more: Partial<CheckedDeployment> = {}): CheckedDeployment {
  return { isHealthy, wasAsked: true, status: undefined, entry: {}, apiBase: undefined, ...more };
}

test('a round asks all but those that opted out, of the groups that are listed', () => {
  expect(backgroundIndexes(runtime().config)).toEqual([0, 2]);
  expect(backgroundIndexes(runtime('background_health_check_model_groups: [b, c]').config)).toEqual([2]);
});

test('its answers count for routing; who could not be asked stays unknown', () => {
  const there = runtime();
  const results = [checked(true), checked(false, { status: 429 }), checked(false, { wasAsked: false })];
  recordChecks(there, { indexes: [0, 1, 2], checked: results, now: 5 });
  expect([0, 1, 2].map((index) => snapshot(there.fleet, index, 5).lastCheck)).toEqual([
    { isHealthy: true, atMs: 5 },
    { isHealthy: false, atMs: 5 },
    undefined,
  ]);
});

test.each([
  [408, true],
  [429, true],
  [500, false],
  [undefined, false],
])('with transient errors ignored a %s leaves what was known: %s', (status, isIgnored) => {
  const there = runtime('health_check_ignore_transient_errors: true');
  recordChecks(there, { indexes: [0], checked: [checked(true)], now: 1 });
  recordChecks(there, { indexes: [0, 1], checked: [checked(false, { status })], now: 2 });
  expect(snapshot(there.fleet, 0, 2).lastCheck?.isHealthy).toBe(isIgnored);
  expect(snapshot(there.fleet, 1, 2).lastCheck).toBeUndefined();
});
