import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, sketchDeployment, type DeploymentSketch } from '../../test/support/routing-fixture.ts';
import { deadlineAt, latestWaitMs } from './deadline.ts';
import { plainIntent, type RequestIntent } from './request-intent.ts';
import type { RouterSettings } from './routing-table.ts';
import { DEFAULT_ATTEMPT_MS, resolveTimeouts } from './timeouts.ts';

type Caller = Partial<Pick<RequestIntent, 'stream' | 'timeoutMs' | 'streamTimeoutMs' | 'serviceTier'>>;

const intentOf = (caller: Caller): RequestIntent => ({
  ...plainIntent({ model: 'm', stream: false, maxTokens: undefined }, 1),
  ...caller,
});

function resolve(caller: Caller, sketch: DeploymentSketch, settings: Partial<RouterSettings>, deadlineMs = Infinity) {
  const sources = {
    intent: intentOf(caller),
    deployment: sketchDeployment(0, sketch),
    settings: { ...DEFAULT_SETTINGS, ...settings },
  };
  return resolveTimeouts(sources, deadlineMs, 0);
}

const tiers = new Map([['flex', 300]]);

describe('the limit of a plain attempt', () => {
  const rows: [string, Caller, DeploymentSketch, Partial<RouterSettings>, number, boolean][] = [
    ['nothing is set', {}, {}, {}, DEFAULT_ATTEMPT_MS, false],
    ['the router', {}, {}, { timeoutMs: 400 }, 400, false],
    ['request_timeout beats the router', {}, {}, { timeoutMs: 3_000, requestTimeoutMs: 400 }, 400, false],
    ['the deployment beats both', {}, { timeoutMs: 3_000 }, { timeoutMs: 400, requestTimeoutMs: 500 }, 3_000, false],
    ['the caller beats all, shorter', { timeoutMs: 400 }, { timeoutMs: 3_000 }, {}, 400, true],
    ['the caller beats all, longer', { timeoutMs: 3_000 }, { timeoutMs: 400 }, {}, 3_000, false],
    [
      'the tier beats the deployment',
      { serviceTier: 'flex' },
      { timeoutMs: 900, timeoutByTierMs: tiers },
      {},
      300,
      false,
    ],
    ['a tier without a time', { serviceTier: 'auto' }, { timeoutMs: 900, timeoutByTierMs: tiers }, {}, 900, false],
    ['no tier', {}, { timeoutMs: 900, timeoutByTierMs: tiers }, {}, 900, false],
    ['no map', { serviceTier: 'flex' }, { timeoutMs: 900, streamTimeoutByTierMs: tiers }, {}, 900, false],
    ['the caller beats the tier', { serviceTier: 'flex', timeoutMs: 200 }, { timeoutByTierMs: tiers }, {}, 200, true],
    [
      'a stream timeout says nothing',
      { streamTimeoutMs: 100 },
      { streamTimeoutMs: 100 },
      { streamTimeoutMs: 100 },
      DEFAULT_ATTEMPT_MS,
      false,
    ],
  ];
  it.each(rows)('%s', (_name, caller, sketch, settings, totalMs, setByCaller) => {
    expect(resolve(caller, sketch, settings).timeouts).toMatchObject({
      totalMs,
      setByCaller,
      firstContentMs: undefined,
      idleMs: undefined,
    });
  });
});

describe('the limits of a stream', () => {
  const stream = true;
  const rows: [string, Caller, DeploymentSketch, Partial<RouterSettings>, number, number][] = [
    ['nothing is set', {}, {}, {}, DEFAULT_ATTEMPT_MS, 60_000],
    [
      'the router’s stream timeout beats every plain one',
      { timeoutMs: 900 },
      { timeoutMs: 800 },
      { streamTimeoutMs: 400, timeoutMs: 5_000 },
      400,
      400,
    ],
    [
      'the deployment’s stream timeout beats the router’s',
      {},
      { streamTimeoutMs: 300 },
      { streamTimeoutMs: 400 },
      300,
      300,
    ],
    [
      'the stream tier beats the deployment',
      { serviceTier: 'flex' },
      { streamTimeoutMs: 900, streamTimeoutByTierMs: tiers },
      {},
      300,
      300,
    ],
    [
      'the stream tier beats the caller’s plain timeout',
      { serviceTier: 'flex', timeoutMs: 200 },
      { streamTimeoutByTierMs: tiers },
      {},
      300,
      300,
    ],
    [
      'a stream timeout beats the plain tier',
      { serviceTier: 'flex' },
      { streamTimeoutMs: 900, timeoutByTierMs: tiers },
      {},
      900,
      900,
    ],
    [
      'the plain tier beats the plain timeout',
      { serviceTier: 'flex' },
      { timeoutMs: 900, timeoutByTierMs: tiers },
      {},
      300,
      300,
    ],
    [
      'the caller’s stream timeout beats the tier',
      { serviceTier: 'flex', streamTimeoutMs: 200 },
      { streamTimeoutByTierMs: tiers },
      {},
      200,
      200,
    ],
    ['the caller’s stream timeout beats all', { streamTimeoutMs: 200 }, { streamTimeoutMs: 300 }, {}, 200, 200],
    ['the caller’s plain timeout', { timeoutMs: 400 }, {}, {}, 400, 400],
    ['the deployment’s plain timeout', {}, { timeoutMs: 400 }, { timeoutMs: 5_000 }, 400, 400],
    ['the router’s plain timeout', {}, {}, { timeoutMs: 400 }, 400, 400],
  ];
  it.each(rows)('%s', (_name, caller, sketch, settings, firstContentMs, idleMs) => {
    expect(resolve({ stream, ...caller }, sketch, settings).timeouts).toMatchObject({
      totalMs: undefined,
      firstContentMs,
      idleMs,
    });
  });
});

describe('what is shown and what is cut', () => {
  it('shows the configured limit, not what a deadline left of it', () => {
    expect(resolve({}, { timeoutMs: 4_000 }, {}, 100)).toMatchObject({
      shownMs: 4_000,
      timeouts: { totalMs: 100, connectMs: 100, setByCaller: true },
    });
    expect(resolve({}, {}, {}).shownMs).toBeUndefined();
  });

  it('a wait ends with queue_timeout, the deadline or the client’s own timeout, whichever is first', () => {
    const settings = { ...DEFAULT_SETTINGS, queueTimeoutMs: 10_000, deadlineMs: 8_000 };
    expect(deadlineAt(1_000, settings)).toBe(9_000);
    expect(deadlineAt(1_000, DEFAULT_SETTINGS)).toBe(Infinity);
    const at = (caller: Caller, own: RouterSettings): number =>
      latestWaitMs({ table: { settings: own }, intent: intentOf(caller), startedAtMs: 1_000 }, 2_000);
    expect(at({}, DEFAULT_SETTINGS)).toBe(12_000);
    expect(at({}, settings)).toBe(9_000);
    expect(at({ timeoutMs: 1_500 }, settings)).toBe(2_500);
  });
});
