// Whether an attempt is answered by a mock, and by which: the request's own comes first, then the deployment's. A failure
// that the request brings is for the model that it asked for; its fallbacks are asked for real (litellm-behaviour.md 11).
import type { Attempt } from '../core/outcome.ts';
import { mockAnswer } from '../wire/mock-answer.ts';
import type { Mock } from '../wire/mock.ts';
import type { Exchange } from './exchange.ts';
import { MockUpstream } from './mock-upstream.ts';

/** A made-up upstream, and when it gives up on the attempt itself. */
export interface MockedAttempt {
  readonly upstream: MockUpstream;
  /** Milliseconds until a mocked timeout; `undefined` = it answers. */
  readonly timesOutAfterMs: number | undefined;
}

export function mockOf(exchange: Exchange, planned: Attempt): Mock | undefined {
  const { mock, runtime } = exchange.input;
  if (mock !== undefined && (planned.fallbacks === 0 || isAnswer(mock))) return mock;
  return runtime.config.deployments[planned.deployment]?.mock;
}

/** `undefined`: the endpoint has no use for this mock. */
export function mockedAttempt(exchange: Exchange, planned: Attempt, mock: Mock): MockedAttempt | undefined {
  const { clock } = exchange.input.services;
  if (mock.content?.kind === 'timeout') {
    const { totalMs, firstContentMs } = planned.timeouts;
    const limitMs = (exchange.input.intent.stream ? firstContentMs : totalMs) ?? 0;
    return { upstream: new MockUpstream(undefined, 0, clock), timesOutAfterMs: limitMs };
  }
  const { endpoint, intent, body } = exchange.input;
  const answer = mockAnswer(mock, {
    endpoint,
    stream: intent.stream,
    model: planned.upstreamModel,
    field: (key) => body?.get(key),
  });
  if (answer === undefined) return undefined;
  return { upstream: new MockUpstream(answer, mock.delayMs, clock), timesOutAfterMs: undefined };
}

function isAnswer({ content }: Mock): boolean {
  return content?.kind !== 'error' && content?.kind !== 'timeout';
}
