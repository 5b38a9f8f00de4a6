// How long anything may still take: the request's deadline, and the bounds of a wait. Separate so that every wait and
// every timer of a request is cut by the same rule.
import type { LeaseHub } from './fleet/lease-cells.ts';
import { PATIENCE_MS } from './lease/exchange.ts';
import type { RequestIntent } from './request-intent.ts';
import type { RouterSettings, RoutingTable } from './routing-table.ts';
import type { Millis } from './units.ts';

/** When the whole request must be over; `Infinity` without a `deadline`. */
export function deadlineAt(startedAtMs: Millis, settings: RouterSettings): Millis {
  return settings.deadlineMs === undefined ? Infinity : startedAtMs + settings.deadlineMs;
}

/** What of a request bounds its waits. */
export interface WaitBounds {
  readonly table: Pick<RoutingTable, 'settings'>;
  readonly intent: RequestIntent;
  readonly startedAtMs: Millis;
  readonly fleet?: { readonly hub?: LeaseHub };
}

/**
 * The latest time until which a request may wait for anything: `queue_timeout` counted from when it began to wait, the
 * deadline, and a timeout that the client sent, counted from the start (DESIGN 5). Where limits are shared even those who
 * do not wait for units wait to be told whether there are any.
 */
export function latestWaitMs({ table, intent, startedAtMs, fleet }: WaitBounds, sinceMs: Millis): Millis {
  const { settings } = table;
  const clientMs = intent.timeoutMs ?? Infinity;
  const queueMs = fleet?.hub === undefined ? settings.queueTimeoutMs : Math.max(settings.queueTimeoutMs, PATIENCE_MS);
  return Math.min(sinceMs + queueMs, startedAtMs + clientMs, deadlineAt(startedAtMs, settings));
}
