// Limits kept together with other instances: from the config that names a Redis to the one that does not, or to the end.
// The core says what to ask and what an answer means, the loop when; here it is tied to the gateway and told to people.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { shownPlace, type RedisSettings } from '../config/redis-settings.ts';
import type { GatewayConfig } from '../config/types.ts';
import type { Fleet } from '../core/fleet/fleet.ts';
import type { LeasedFleet } from '../core/fleet/leases.ts';
import type { LeasedRuntime } from '../core/lease/lease-holder.ts';
import type { SharingCallEvent, SharingEvent } from '../gateway/events.ts';
import type { SharingState } from '../gateway/runtime.ts';
import type { Clock } from '../upstream/clock.ts';
import { AskLoop } from './ask-loop.ts';
import { LeaseDialogue, type NumbersAccess } from './lease-dialogue.ts';
import { openRedis } from './redis-connection.ts';

export interface SharingParts {
  readonly clock: Clock;
  readonly access: NumbersAccess;
  /** Told of every change; `undefined` = nothing is shared. */
  readonly onState: (state: SharingState | undefined) => void;
  readonly publish: (event: SharingEvent | SharingCallEvent) => void;
}

/** A config and the numbers that go with it. */
export interface Shareable {
  readonly config: GatewayConfig;
  readonly fleet: Fleet;
}

interface Running {
  readonly settings: RedisSettings;
  readonly dialogue: LeaseDialogue;
  readonly loop: AskLoop;
}

export class Sharing {
  readonly #parts: SharingParts;
  #running: Running | undefined;
  #state: SharingState | undefined;

  constructor(parts: SharingParts) {
    this.#parts = parts;
  }

  /**
   * Shares the limits of `fleet` from now on, as its config says. A connection that still fits goes on. To be called while
   * nobody else is at the numbers.
   */
  adopt({ config: { redis, table }, fleet }: Shareable): void {
    const running = this.#running;
    const shared = isShared(fleet) ? { fleet, table } : undefined;
    if (running !== undefined && isDeepStrictEqual(running.settings, redis) && shared !== undefined) {
      running.dialogue.moved(shared);
      return;
    }
    void this.stop();
    if (redis !== undefined && shared !== undefined) this.#running = this.#start(redis, shared);
  }

  /** How it goes; `undefined` = nothing is shared. */
  get state(): SharingState | undefined {
    return this.#state;
  }

  /** Somebody needs what only the ledger can give. */
  hurry(): void {
    this.#running?.loop.hurry();
  }

  /** Gives back what is held, if Redis answers soon. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#become(undefined);
    await running?.loop.stop();
  }

  #become(state: SharingState | undefined): void {
    if (isDeepStrictEqual(state, this.#state)) return;
    this.#state = state;
    this.#parts.onState(state);
  }

  #start(settings: RedisSettings, runtime: LeasedRuntime): Running {
    const { clock, access, publish } = this.#parts;
    const place = shownPlace(settings.place);
    const starting: SharingState = { kind: 'starting', reason: undefined, place, instances: 1 };
    const note = (change: Partial<SharingState>): void => {
      if (this.#running?.loop === loop) this.#become({ ...starting, ...this.#state, ...change });
    };
    const dialogue = new LeaseDialogue({
      // A new one for each Redis: what is held of the one before means nothing to it.
      instance: randomUUID(),
      namespace: settings.namespace,
      runtime,
      access,
      now: clock.now(),
      hurry: () => loop.hurry(),
      onInstances: (instances) => note({ instances }),
    });
    const loop: AskLoop = new AskLoop({
      clock,
      connect: (signal) => openRedis(settings, signal),
      dialogue,
      onState: ({ kind, reason }) => {
        note({ kind, reason });
        publish({ kind: 'sharing', state: kind, reason, place });
      },
      onCall: (call) => publish({ kind: 'sharing call', ...call }),
    });
    this.#become(starting);
    loop.start();
    return { settings, dialogue, loop };
  }
}

function isShared(fleet: Fleet): fleet is LeasedFleet {
  return fleet.hub !== undefined;
}
