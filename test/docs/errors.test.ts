// docs/errors.md against the registry of the gateway's own errors, the causes of upstream failures, what they do to the
// breaker, and the rules of retries.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordOutcome } from '../../src/core/breaker/record-outcome.ts';
import { standingOf } from '../../src/core/breaker/standing.ts';
import { GATEWAY_ERRORS } from '../../src/core/errors.ts';
import { createFleet, freeChargeOf, rowOf } from '../../src/core/fleet/fleet.ts';
import { FAILURE_CAUSES, TIMERS, type FailureCause, type Outcome } from '../../src/core/outcome.ts';
import { RETRY_RULES } from '../../src/core/plan/retry-rule.ts';
import { DEFAULT_SETTINGS, sketchDeployment } from '../support/routing-fixture.ts';
import { seededRng } from '../support/seeded-rng.ts';
import { namesIn, tableUnder } from './markdown.ts';

const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

describe("the gateway's own errors", () => {
  const { rows } = tableUnder(text, "The gateway's own errors");

  it('are all there as the registry has them, and each says what it means', () => {
    const shown = rows.map(([code, status, type, name, , remedy]) => [
      namesIn(code)[0],
      Number(status),
      namesIn(type)[0],
      namesIn(name)[0],
      remedy?.replaceAll('`', ''),
    ]);
    const known = Object.entries(GATEWAY_ERRORS).map(([code, { status, type, exceptionClass, remedy }]) => {
      return [code, status, type, exceptionClass, remedy.replaceAll('`', '')];
    });
    expect(shown).toEqual(known);
    expect(rows.filter((cells) => (cells[4] ?? '') === '')).toEqual([]);
  });
});

function failed(cause: FailureCause): Outcome {
  const common = { status: 500, message: '', type: null, param: null, code: null, exceptionClass: 'X' };
  const failure = { cause, scope: 'deployment', retryAfterMs: undefined, ...common } as const;
  return { kind: 'failure', failure, committed: false, unsent: false };
}

/** The first word of the column "Health of the deployment". */
function healthAfter(cause: FailureCause): string {
  const deployment = sketchDeployment(0);
  const fleet = createFleet([deployment]);
  const report = (): void => {
    const at = { charge: freeChargeOf(fleet, 0), deployment, settings: DEFAULT_SETTINGS, now: 0, rng: seededRng(1) };
    recordOutcome(fleet, failed(cause), at);
  };
  report();
  const first = standingOf(rowOf(fleet, 0), 1);
  if (first !== 'ready') return first === 'open' ? 'open' : 'blocked';
  for (let nth = 0; nth < 4; nth++) report();
  return standingOf(rowOf(fleet, 0), 1) === 'open' ? 'sample' : 'none';
}

describe('the causes of upstream failures', () => {
  const { rows } = tableUnder(text, 'What an upstream failure means');

  it('are all there', () => {
    expect(rows.map(([cause]) => namesIn(cause)[0])).toEqual([...FAILURE_CAUSES]);
  });

  it.each(FAILURE_CAUSES)('%s does to health and retries what the table says', (cause) => {
    const row = rows.find(([name]) => namesIn(name)[0] === cause);
    expect(row?.[2]?.split(' ')[0]).toBe(healthAfter(cause));
    expect(namesIn(row?.[3])).toEqual([RETRY_RULES[cause]]);
  });
});

it('names every timer', () => {
  const { rows } = tableUnder(text, 'Timers');
  expect(rows.map(([timer]) => namesIn(timer)[0])).toEqual([...TIMERS]);
});
