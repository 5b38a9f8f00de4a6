// Tells the listeners that a breaker changed. A probe can succeed in the middle of a stream, so both the loop and the
// relay say it.
import type { Attempt } from '../core/outcome.ts';
import type { Exchange } from './exchange.ts';

/** The breaker of the attempt's deployment opened or closed; `exchange.failure` may say why. */
export function publishBreaker(exchange: Exchange, planned: Attempt, change: 'opened' | 'closed'): void {
  exchange.input.services.publish({
    kind: 'breaker',
    callId: exchange.input.callId,
    deployment: planned.deployment,
    state: change === 'opened' ? 'open' : 'closed',
    status: exchange.failure?.status,
  });
}
