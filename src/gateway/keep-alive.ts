// A stream that says nothing for long is cut by the proxies on its way. After a while its headers go out, and a comment
// that no client shows; from then on a failure is told in-band (DESIGN 4.6).
import { ServerResponse } from 'node:http';
import type { TimerHandle } from '../upstream/clock.ts';
import type { Exchange } from './exchange.ts';
import { openStreamReader } from './open-stream-reader.ts';
import { writeStreamHead } from './reply.ts';

/** Between two signs of life while there is no content. */
const KEEP_ALIVE_MS = 25_000;
const COMMENT = ': still waiting for the first content\n\n';

/**
 * Watches over a stream until its first content; `stopKeepAlive` when the request ends. An answer that is only collected
 * has no proxy on its way.
 */
export function keepAlive(exchange: Exchange): void {
  if (!(exchange.input.response instanceof ServerResponse)) return;
  const { clock } = exchange.input.services;
  exchange.keepAlive = clock.after(KEEP_ALIVE_MS, signOfLife, exchange);
}

/** Stops watching. */
export function stopKeepAlive({ input, keepAlive: timer }: Exchange): void {
  if (timer !== undefined) input.services.clock.cancel(timer satisfies TimerHandle);
}

function signOfLife(exchange: Exchange): void {
  exchange.keepAlive = undefined;
  const { planned, input } = exchange;
  if (exchange.firstContentMs !== undefined || exchange.isGone) return;
  keepAlive(exchange);
  if (planned === undefined) return;
  if (exchange.headFor === undefined) {
    exchange.reader = openStreamReader(exchange, planned);
    writeStreamHead(exchange, planned, {});
  }
  input.response.write(COMMENT, 'latin1');
}
