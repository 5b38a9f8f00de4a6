// Limits kept together with other instances: from the config that names a Redis to the one that does not, or to the end.
// The core says what to ask and what an answer means, the loop when; here it is tied to the gateway and told to people.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { shownPlace, type RedisSettings } from '../config/redis-settings.ts';
import type { GatewayListener } from '../gateway/events.ts';
import type { Runtime, ServerState, SharingState } from '../gateway/runtime.ts';
import type { Clock } from '../upstream/clock.ts';
import { AskLoop } from './ask-loop.ts';
import { LeaseDialogue, type SharedRuntime } from './lease-dialogue.ts';
import { openRedis } from './redis-connection.ts';

export interface SharingParts {
  readonly clock: Clock;
  /** Its `sharing` is kept true. */
  readonly state: ServerState;
  /** Of the config in force. */
  readonly publish: GatewayListener;
}

interface Running {
  readonly settings: RedisSettings;
  readonly dialogue: LeaseDialogue;
  readonly loop: AskLoop;
}

export class Sharing {
  readonly #parts: SharingParts;
  #running: Running | undefined;

  constructor(parts: SharingParts) {
    this.#parts = parts;
  }

  /** Shares the limits of `runtime` from now on, as its config says. A connection that still fits goes on. */
  adopt(runtime: Runtime): void {
    const { redis } = runtime.config;
    const running = this.#running;
    if (running !== undefined && isDeepStrictEqual(running.settings, redis) && isShared(runtime)) {
      running.dialogue.moved(runtime);
      return;
    }
    void this.stop();
    if (redis !== undefined && isShared(runtime)) this.#running = this.#start(redis, runtime);
  }

  /** Gives back what is held, if Redis answers soon. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#parts.state.sharing = undefined;
    await running?.loop.stop();
  }

  #start(settings: RedisSettings, runtime: SharedRuntime): Running {
    const { clock, publish, state } = this.#parts;
    const place = shownPlace(settings.place);
    const note = (change: Partial<SharingState>): void => {
      const known = state.sharing ?? { kind: 'starting', reason: undefined, place, instances: 1 };
      if (this.#running === undefined || this.#running.loop === loop) state.sharing = { ...known, ...change };
    };
    const dialogue = new LeaseDialogue({
      // A new one for each Redis: what is held of the one before means nothing to it.
      instance: randomUUID(),
      namespace: settings.namespace,
      runtime,
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
    note({});
    loop.start();
    return { settings, dialogue, loop };
  }
}

function isShared(runtime: Runtime): runtime is SharedRuntime {
  return runtime.fleet.hub !== undefined;
}
