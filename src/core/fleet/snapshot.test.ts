import { expect, test } from 'vitest';
import { sketchDeployment } from '../../../test/support/routing-fixture.ts';
import { blockUntil, openNow, recordFailure, recordSuccess } from '../breaker/breaker.ts';
import { TRIGGER } from '../breaker/standing.ts';
import { admit } from '../limiter/limiter.ts';
import { learnOutputTokens } from '../limiter/output-estimate.ts';
import { freeCharge } from './charge.ts';
import { createFleet, fleetBytes, freeChargeOf, rowOf } from './fleet.ts';
import { finished, inFlight, started } from './operations.ts';
import { snapshot } from './snapshot.ts';

const limits = { rpm: 10, tpm: 1_000, itpm: 500, otpm: 400, maxParallelRequests: 4 };

test('a snapshot is every number of a deployment at one moment', () => {
  const fleet = createFleet([sketchDeployment(0, { limits })]);
  const charge = freeChargeOf(fleet, 0);
  admit(fleet, 0, { promptTokens: 100, maxTokens: 20, enforceLimits: true, now: 0 });
  started(fleet, 0);
  started(fleet, 0);
  finished(fleet, 0);
  recordSuccess(fleet, charge, 1);
  recordFailure(fleet, charge, { now: 2, rng: () => 0, allowedFails: undefined, openMs: 1, retryAfterMs: undefined });
  for (let nth = 0; nth < 20; nth++) learnOutputTokens(rowOf(fleet, 0), 64);
  expect(snapshot(fleet, 0, 3)).toEqual({
    inFlight: 1,
    attempts: 2,
    successes: 1,
    failures: 1,
    consecutiveFailures: 1,
    breaker: 'closed',
    availableAtMs: undefined,
    ramp: 1,
    headroom: 0.75,
    rpm: { limit: 10, used: 1, left: 9 },
    tpm: { limit: 1_000, used: 120, left: 880 },
    itpm: { limit: 500, used: 100, left: 400 },
    otpm: { limit: 400, used: 20, left: 380 },
    outputTokensP95: 64,
  });
});

test('a snapshot says since when and until when a deployment is out', () => {
  const fleet = createFleet([sketchDeployment(0)]);
  openNow(fleet, freeChargeOf(fleet, 0), { trigger: TRIGGER.quota, now: 0, openMs: 9 });
  expect(snapshot(fleet, 0, 8)).toMatchObject({ breaker: 'open', availableAtMs: 9 });
  expect(snapshot(fleet, 0, 9)).toMatchObject({ breaker: 'half-open', availableAtMs: undefined });
  recordSuccess(fleet, { ...freeChargeOf(fleet, 0), probe: true }, 1_000);
  expect(snapshot(fleet, 0, 1_000)).toMatchObject({ breaker: 'closed', ramp: 0.1 });
});

test('numbers of one deployment are not those of its neighbours, whatever limits each has', () => {
  const deployments = [limits, {}, { tpm: 5_000 }, { rpm: 7 }].map((each, index) =>
    sketchDeployment(index, { limits: each }),
  );
  const fleet = createFleet(deployments);
  expect(fleet.buffer.byteLength).toBe(fleetBytes(deployments));
  for (const { index } of deployments) {
    for (let nth = 0; nth <= index; nth++) {
      admit(fleet, index, { promptTokens: 10, maxTokens: 1, enforceLimits: true, now: nth });
      started(fleet, index);
      learnOutputTokens(rowOf(fleet, index), 9);
    }
    blockUntil(fleet, index, 100 + index);
  }
  const shots = deployments.map(({ index }) => snapshot(fleet, index, 50));
  expect(shots.map((shot) => shot.inFlight)).toEqual([1, 2, 3, 4]);
  expect(shots.map((shot) => shot.availableAtMs)).toEqual([100, 101, 102, 103]);
  expect(shots.map((shot) => shot.rpm?.used)).toEqual([1, undefined, undefined, 4]);
  expect(shots.map((shot) => shot.tpm?.used)).toEqual([11, undefined, 33, undefined]);
});

test('rows need as many bytes as they have cells, and one too few is refused', () => {
  const deployments = [sketchDeployment(0, { limits }), sketchDeployment(1, { limits: { rpm: 7 } })];
  const bytes = fleetBytes(deployments);
  expect(() => createFleet(deployments, new ArrayBuffer(bytes))).not.toThrow();
  expect(() => createFleet(deployments, new ArrayBuffer(bytes - 8))).toThrow(
    /fleet buffer too small: \d+ of \d+ cells/,
  );
  expect(fleetBytes([])).toBe(0);
  const alike = [sketchDeployment(0, { id: 'a' }), sketchDeployment(1, { id: 'a' })];
  expect(fleetBytes(alike)).toBe(fleetBytes([sketchDeployment(0)]));
});

test.each(['rpm', 'tpm', 'itpm', 'otpm'] as const)(
  'deployments of one id share the lower %s, if either has one',
  (name) => {
    const shared = (a: number | undefined, b: number | undefined) => {
      const deployments = [a, b].map((limit, index) => sketchDeployment(index, { id: 'a', limits: { [name]: limit } }));
      return snapshot(createFleet(deployments), 1, 0)[name]?.limit;
    };
    expect([
      shared(3, 5),
      shared(5, 3),
      shared(undefined, 4),
      shared(4, undefined),
      shared(undefined, undefined),
    ]).toEqual([3, 3, 4, 4, undefined]);
  },
);

test('deployments of one id share the lower max_parallel_requests', () => {
  const deployments = [3, 1].map((maxParallelRequests, index) =>
    sketchDeployment(index, { id: 'a', limits: { maxParallelRequests } }),
  );
  const fleet = createFleet(deployments);
  started(fleet, 0);
  expect(snapshot(fleet, 0, 0).headroom).toBe(0);
});

test('the receipt of an attempt that no limit counts takes nothing', () => {
  const nothing = {
    counted: false,
    probe: false,
    atMs: 0,
    requests: 0,
    totalTokens: 0,
    inputTokens: 0,
    outputTokens: 0,
    usageTokens: 0,
    leaseSlots: 0,
  };
  expect(freeCharge(4)).toEqual({ deployment: 4, ...nothing });
  const fleet = createFleet([sketchDeployment(0), sketchDeployment(1)]);
  expect(freeChargeOf(fleet, 1)).toEqual({ deployment: 1, ...nothing });
  expect(freeChargeOf(fleet, 1)).toBe(freeChargeOf(fleet, 1));
  expect(freeChargeOf(fleet, 7)).toEqual({ deployment: 7, ...nothing });
});

test('working space has room for every deployment, and an unknown one is named', () => {
  const fleet = createFleet([sketchDeployment(0), sketchDeployment(1)]);
  expect([fleet.scratch.length, fleet.scratchShares.length]).toEqual([2, 2]);
  expect(() => inFlight(fleet, 2)).toThrow('no deployment 2 in the fleet');
});
