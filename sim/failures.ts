// What an attempt that went wrong looks like to the core: the real classifier's word on it. Equal ones are classified
// once, because a run of a million requests fails in a handful of ways.
import { classifyAnswer, classifyBroken, type BrokenExchange, type FailureContext } from '../src/core/classify.ts';
import type { Attempt, Failure } from '../src/core/outcome.ts';
import type { Millis } from '../src/core/units.ts';
import type { Flight } from './flight.ts';
import type { SimRequest } from './workload.ts';

/** What stands behind a failure: who asked, and under which limit. */
type FailedCall = Omit<FailureContext, 'provider' | 'endpoint'>;

const PROVIDER = 'openai';
const MESSAGES: Readonly<Record<number, string>> = { 429: 'Rate limit reached for requests' };
const TIMED_OUT: BrokenExchange = { kind: 'timeout', phase: 'headers', code: 'TIMEOUT', message: 'no answer in time' };
const STALLED: BrokenExchange = { kind: 'timeout', phase: 'body', code: 'STREAM_IDLE_TIMEOUT', message: 'silence' };
const REFUSED: BrokenExchange = { kind: 'transport', phase: 'connect', code: 'ECONNREFUSED', message: 'refused' };
const CUT: BrokenExchange = { kind: 'transport', phase: 'body', code: 'UND_ERR_SOCKET', message: 'closed' };

export class FailureBook {
  readonly #known = new Map<string, Failure>();

  /** What the classifier makes of an attempt that ended as the flight says. */
  ofAttempt(flight: Flight, { callerCredentials, stream }: SimRequest, { timeouts }: Attempt): Failure {
    const { setByCaller, totalMs, firstContentMs } = timeouts;
    const call = { callerCredentials, stream, setByCaller, timeoutMs: totalMs ?? firstContentMs };
    switch (flight.end) {
      case 'failed':
        return this.#answer(flight.status, undefined, call);
      case 'throttled':
        return this.#answer(429, flight.retryAfterMs, call);
      case 'timeout':
        return this.#once('timeout', call, (context) => classifyBroken(TIMED_OUT, context));
      case 'stalled':
        return this.#once('stalled', call, (context) => classifyBroken(STALLED, context));
      case 'refused':
        return this.#once('refused', call, (context) => classifyBroken(REFUSED, context));
      case 'cut':
      case 'success':
        return this.#once('cut', call, (context) => classifyBroken(CUT, context));
    }
  }

  #answer(status: number, retryAfterMs: Millis | undefined, call: FailedCall): Failure {
    // As the header has it: whole seconds, never too early.
    const seconds = retryAfterMs === undefined ? undefined : String(Math.ceil(retryAfterMs / 1_000));
    return this.#once(`${status} ${seconds}`, call, (context) =>
      classifyAnswer({
        ...context,
        status,
        header: (name) => (name === 'retry-after' ? seconds : undefined),
        body: JSON.stringify({ error: { message: MESSAGES[status] ?? 'The server had an error' } }),
        badAnswer: undefined,
      }),
    );
  }

  #once(what: string, call: FailedCall, classify: (context: FailureContext) => Failure): Failure {
    const { callerCredentials, stream, setByCaller } = call;
    const key = `${what} ${callerCredentials} ${stream} ${setByCaller}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const failure = classify({ provider: PROVIDER, ...call });
    this.#known.set(key, failure);
    return failure;
  }
}
