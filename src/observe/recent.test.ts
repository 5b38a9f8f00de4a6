import { describe, expect, it } from 'vitest';
import type { PlanStep } from '../core/explain/plan-trace.ts';
import type { Failure } from '../core/outcome.ts';
import type { AttemptEvent, RequestEvent } from '../gateway/events.ts';
import { RecentRequests, type RecentOptions } from './recent.ts';

const SECRET = 'the words of the prompt';
const FAILURE: Failure = {
  cause: 'server_error',
  scope: 'deployment',
  status: 500,
  message: SECRET,
  type: null,
  param: null,
  code: null,
  retryAfterMs: undefined,
  exceptionClass: 'InternalServerError',
};
const STEPS: readonly PlanStep[] = [{ atMs: 0, kind: 'counted', promptTokens: 1 }];

function request(callId: string, more: Partial<RequestEvent> = {}): RequestEvent {
  return {
    kind: 'request',
    callId,
    endpoint: 'chat',
    path: '/chat/completions',
    requestedModel: 'm',
    group: 'm',
    deployment: 0,
    status: 200,
    stream: false,
    attempts: 1,
    retries: 0,
    fallbacks: 0,
    durationMs: 5,
    upstreamMs: 4,
    firstContentMs: undefined,
    usage: undefined,
    outcome: 'success',
    failure: undefined,
    ...more,
  };
}

function attempt(callId: string, more: Partial<AttemptEvent> = {}): AttemptEvent {
  return {
    kind: 'attempt',
    callId,
    deployment: 1,
    requestedModel: 'm',
    group: 'm',
    outcome: 'failure',
    failure: FAILURE,
    durationMs: 3,
    firstContentMs: undefined,
    usage: undefined,
    remainingRequests: undefined,
    remainingTokens: undefined,
    ...more,
  };
}

function ring(options: RecentOptions = {}): RecentRequests {
  let wall = 1_000;
  return new RecentRequests({ wallNow: () => (wall += 1_000), ...options });
}

function ids(recent: RecentRequests, limit = 100): string[] {
  return recent.list(limit).map(({ event }) => event.callId);
}

describe('the ring', () => {
  it('lists the newest first, and forgets the oldest', () => {
    const recent = ring({ size: 3 });
    expect(ids(recent)).toEqual([]);
    for (const id of ['a', 'b']) recent.listener(request(id));
    expect(ids(recent)).toEqual(['b', 'a']);
    for (const id of ['c', 'd', 'e']) recent.listener(request(id));
    expect(ids(recent)).toEqual(['e', 'd', 'c']);
    expect(ids(recent, 2)).toEqual(['e', 'd']);
    expect(recent.find('d')?.endedAtMs).toBe(5_000);
    expect(recent.find('a')).toBeUndefined();
  });

  it('keeps 1,000 requests and 100 explanations of them', () => {
    const recent = ring();
    for (let nth = 0; nth < 1_001; nth++) recent.listener(request(`r${nth}`, { steps: STEPS }));
    expect(recent.list(5_000)).toHaveLength(1_000);
    expect(recent.list(5_000).filter(({ steps }) => steps !== undefined)).toHaveLength(100);
    expect(recent.find('r1000')?.steps).toBe(STEPS);
    expect(recent.find('r900')?.steps).toBeUndefined();
  });

  it('finds the newest of those with one id', () => {
    const recent = ring();
    recent.listener(request('a', { status: 200 }));
    recent.listener(request('a', { status: 201 }));
    expect(recent.find('a')?.event.status).toBe(201);
  });

  it('keeps what went wrong with the request that it belongs to', () => {
    const recent = ring();
    recent.listener(attempt('a'));
    recent.listener(attempt('b', { outcome: 'abandoned', failure: undefined, deployment: 2 }));
    recent.listener(attempt('a', { outcome: 'success', failure: undefined }));
    recent.listener({ kind: 'breaker', callId: 'a', deployment: 1, state: 'open', status: 500 });
    recent.listener({ kind: 'breaker', deployment: 9, state: 'open', status: 500 });
    recent.listener({ kind: 'fallback', requestedModel: 'm', fallbackModel: 'n', succeeded: true, failure: FAILURE });
    recent.listener(request('a'));
    recent.listener(request('b', { outcome: 'abandoned' }));
    recent.listener(request('c'));
    const kind = { cause: 'server_error', status: 500, class: 'InternalServerError' };
    expect(recent.find('a')?.troubles).toEqual([
      { kind: 'attempt', deployment: 1, group: 'm', outcome: 'failure', failure: kind, durationMs: 3 },
      { kind: 'breaker', deployment: 1, state: 'open' },
    ]);
    expect(recent.find('b')?.troubles).toMatchObject([{ deployment: 2, outcome: 'abandoned', failure: undefined }]);
    expect(recent.find('c')?.troubles).toEqual([]);
  });

  it('keeps at most 50 troubles of a request', () => {
    const recent = ring();
    for (let nth = 0; nth < 60; nth++) recent.listener(attempt('a'));
    recent.listener(request('a'));
    expect(recent.find('a')?.troubles).toHaveLength(50);
  });

  it('holds troubles of at most 10,000 requests under way', () => {
    const recent = ring();
    for (let nth = 0; nth < 10_001; nth++) recent.listener(attempt(`r${nth}`));
    for (const id of ['r9999', 'r10000']) recent.listener(request(id));
    expect(recent.find('r9999')?.troubles).toHaveLength(1);
    expect(recent.find('r10000')?.troubles).toHaveLength(0);
  });

  it('keeps no text of a failure, and no long name', () => {
    const recent = ring();
    const long = 'x'.repeat(300);
    recent.listener(attempt('a', { group: long }));
    recent.listener(request('a', { failure: FAILURE, outcome: 'failure', requestedModel: long, group: long }));
    recent.listener(request('b', { group: long }));
    recent.listener(request('c', { requestedModel: long, group: undefined }));
    expect(recent.find('a')?.failure).toEqual({ cause: 'server_error', status: 500, class: 'InternalServerError' });
    const kept = JSON.stringify(recent.list(3));
    expect(kept).not.toContain(SECRET);
    expect(kept).not.toContain('x'.repeat(257));
    expect(recent.find('c')?.event).toMatchObject({ requestedModel: 'x'.repeat(256), group: undefined });
  });

  it('has time to explain ten troubles in a second', () => {
    const recent = ring();
    expect(Array.from({ length: 12 }, () => recent.explainTrouble(5)).filter(Boolean)).toHaveLength(10);
    expect(recent.explainTrouble(1_005)).toBe(true);
  });
});
