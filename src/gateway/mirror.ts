// Copies of requests for other groups (`silent_model`): asked like any request, read to the end and thrown away. A client
// never waits for one, never sees one, and a mirror is never mirrored.
import type { DeploymentIndex } from '../core/units.ts';
import type { ClientResponse } from './client-response.ts';
import type { GatewayEvent } from './events.ts';
import type { Exchange, GatewayServices } from './exchange.ts';
import { execute } from './executor.ts';
import { openExchange } from './open-exchange.ts';

/** More at one time are dropped: mirrors must not take what clients need. */
const MOST_MIRRORS = 100;
/** Request bodies that mirrors may hold together. */
const MOST_BYTES = 128 * 1024 * 1024;

/** Status of a mirror that was dropped, in its log line and its metric. */
const DROPPED = 503;

export class Mirrors {
  readonly #running = new Set<Exchange>();
  #bytes = 0;

  /** Sends a copy to each group that this request has not been copied to yet. */
  start(original: Exchange, deployment: DeploymentIndex): void {
    const { runtime, intent } = original.input;
    // What names a stored response means nothing to another deployment.
    if (intent.pinned !== undefined) return;
    for (const group of runtime.config.deployments[deployment]?.mirrors ?? []) {
      if (original.mirrored.includes(group)) continue;
      original.mirrored = [...original.mirrored, group];
      this.#startOne(original, group);
    }
  }

  /** The gateway ends: nobody waits for a mirror. */
  stop(): void {
    for (const mirror of this.#running) mirror.leave();
  }

  #startOne(original: Exchange, group: string): void {
    const byteLength = bytesOf(original);
    if (this.#running.size >= MOST_MIRRORS || this.#bytes + byteLength > MOST_BYTES) {
      return publishDrop(original, group);
    }
    const mirror = mirrorOf(original, group);
    this.#running.add(mirror);
    this.#bytes += byteLength;
    // The client's own request goes first.
    setImmediate(() => {
      execute(mirror)
        .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : new Error(String(error))))
        .finally(() => {
          this.#running.delete(mirror);
          this.#bytes -= byteLength;
        });
    });
  }
}

function mirrorOf(original: Exchange, group: string): Exchange {
  const { input } = original;
  const { runtime, services, intent } = input;
  const origin = { ...input, response: new DiscardedReply(), startedAtMs: services.clock.now(), explain: false };
  const understood = { ...input, intent: { ...intent, model: group, mockFailure: undefined }, bodyModel: group };
  return openExchange({ runtime, services: mirrorServices(services) }, origin, understood);
}

function mirrorServices(services: GatewayServices): GatewayServices {
  const publish = (event: GatewayEvent): void => {
    services.publish(event.kind === 'request' ? { ...event, mirror: true } : event);
  };
  return { ...services, publish, mirror: () => {} };
}

function bytesOf({ input: { body, multipart } }: Exchange): number {
  return (body ?? multipart?.withModel(''))?.byteLength ?? 0;
}

function publishDrop(original: Exchange, group: string): void {
  const { callId, endpoint, path, intent, services } = original.input;
  services.publish({
    kind: 'request',
    callId,
    endpoint,
    path,
    requestedModel: group,
    group: undefined,
    deployment: undefined,
    status: DROPPED,
    stream: intent.stream,
    attempts: 0,
    retries: 0,
    fallbacks: 0,
    durationMs: 0,
    upstreamMs: 0,
    firstContentMs: undefined,
    usage: undefined,
    outcome: 'failure',
    failure: undefined,
    mirror: true,
  });
}

/** Nobody reads it. */
class DiscardedReply implements ClientResponse {
  writeHead(): void {}

  write(): boolean {
    return true;
  }

  end(): void {}

  once(): void {}

  destroy(): void {}
}
