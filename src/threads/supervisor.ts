// Watches over the threads that serve: starts them, replaces one that dies, puts a new config in force for all or for
// none, ends them in order. It serves nothing itself, so that no request can harm it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayConfig } from '../config/types.ts';
import type { RequestLog } from '../observe/request-log.ts';
import { Sharing } from '../sharing/sharing.ts';
import type { SharingState } from '../gateway/runtime.ts';
import type { Clock } from '../upstream/clock.ts';
import { changeBetween, type ConfigChange, type ReloadOutcome } from '../reload.ts';
import { LineClosedError } from './line.ts';
import type { ThreadStart } from './messages.ts';
import { Dealer } from './dealer.ts';
import type { AffinityHint } from './affinity-hints.ts';
import { Gathering } from './gathering.ts';
import type { SharedFleet } from './shared-fleet.ts';
import { StartError, WorkerThread, type WatchingHandlers } from './worker-thread.ts';

export interface SupervisorParts {
  /** What every thread is started with; what differs is added. */
  readonly start: Omit<ThreadStart, 'thread' | 'words' | 'generation'>;
  readonly fleet: SharedFleet;
  readonly clock: Clock;
  readonly log: RequestLog;
  /** An operator asked one of the threads. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** The program of a thread; absent = the gateway's. */
  readonly script?: URL | undefined;
}

/** What Node says where the system has no `SO_REUSEPORT` that balances. */
const NOT_SHAREABLE = 'ENOTSUP';

/** Threads that listen themselves hold their own connections. */
const NOTHING_DEALT: Pick<WatchingHandlers, 'write' | 'finish' | 'drop' | 'flow'> = {
  write: () => undefined,
  finish: () => undefined,
  drop: () => undefined,
  flow: () => undefined,
};

/** A thread that dies again and again is not started in a hot loop. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Serving for longer makes a death the first one again. */
const STEADY_MS = 60_000;
/** What a thread gets beyond its grace to say that it has drained. */
const DRAIN_SLACK_MS = 10_000;

export class Supervisor {
  readonly #parts: SupervisorParts;
  /** By number. */
  readonly #threads = new Map<number, WorkerThread>();
  readonly #gathering = new Gathering(() => this.#listening());
  /** Starts and reloads, one after the other: no thread begins with a config that is being replaced. */
  #last: Promise<unknown> = Promise.resolve();
  #port: number;
  /** Asks Redis for all threads. */
  readonly #sharing: Sharing;
  /** Where threads cannot share a port. */
  #dealer: Dealer | undefined;
  /** Ended on purpose, one by one. */
  readonly #dismissed = new WeakSet<WorkerThread>();
  #isEnding = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#port = parts.start.port;
    const { fleet, clock, log } = parts;
    this.#sharing = new Sharing({
      clock,
      // Threads in which requests wait are told by the lock itself.
      access: { inside: (work) => fleet.inside(work), changed: () => undefined },
      onState: (state) => this.#spread(state),
      publish: (event) => {
        if (event.kind === 'sharing') log.sharing(event);
        else this.#gathering.further.sharingCall(event);
      },
    });
  }

  /** Resolves with the port when all threads listen; rejects with what kept one from it, and then none is left. */
  async start(): Promise<number> {
    const { fleet, start } = this.#parts;
    const { threads } = start;
    try {
      await fleet.inside(() => this.#adopt());
      const port = await this.#openFirst();
      const others = Array.from({ length: threads - 1 }, (_, nth) => this.#open(nth + 2));
      await Promise.all(others.map(({ listening }) => listening));
      // Only now, so that nobody is served by a gateway that does not come about.
      if (this.#dealer !== undefined) this.#port = await this.#dealer.listen(start);
      else this.#port = port;
      return this.#port;
    } catch (error) {
      this.#isEnding = true;
      this.#dealer?.close();
      await Promise.all([...this.#threads.values()].map((thread) => thread.end()));
      await this.#sharing.stop();
      throw error;
    }
  }

  /** Learns which port "any" is, and whether the system can share one. */
  async #openFirst(): Promise<number> {
    if (this.#parts.start.dealing === 'own') return this.#openDealt();
    const first = this.#open(1);
    try {
      this.#port = await first.listening;
      return this.#port;
    } catch (error) {
      if (!(error instanceof StartError) || error.code !== NOT_SHAREABLE) throw error;
      this.#dismissed.add(first);
      await first.end();
      return this.#openDealt();
    }
  }

  #openDealt(): Promise<number> {
    this.#dealer = new Dealer(() => this.#listening());
    return this.#open(1).listening;
  }

  /** In every thread or, when one refuses, in none. */
  replace(config: GatewayConfig): Promise<ConfigChange> {
    return this.#inOrder(async () => {
      const { fleet } = this.#parts;
      const old = fleet.inForce.config;
      const next = fleet.draft(config);
      const threads = [...this.#threads.values()];
      const refusals = await Promise.all(threads.map((thread) => refusalOf(thread, next.generation)));
      const refusal = refusals.find((why) => why !== undefined);
      if (refusal !== undefined) {
        for (const { line } of threads) line.tell('discard', undefined);
        throw new Error(refusal);
      }
      await fleet.enact(next, () => this.#adopt());
      // Those that serve nothing just now hear of it as well. Who has died meanwhile is started with the new one.
      await Promise.allSettled(threads.map(({ line }) => line.ask('takeUp', undefined)));
      return changeBetween(old, config);
    });
  }

  /** Every thread serves what it has, for at most the grace, and ends. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    this.#dealer?.close();
    await this.#last.catch(() => undefined);
    const graceMs = this.#parts.fleet.inForce.config.general.shutdownGraceMs / this.#parts.start.clockSpeed;
    await Promise.all(
      [...this.#threads.values()].map(async (thread) => {
        await thread.line.ask('drain', undefined, graceMs + DRAIN_SLACK_MS).catch(() => undefined);
        await thread.end();
      }),
    );
    await this.#sharing.stop();
  }

  /** To be called inside. */
  #adopt(): void {
    const { config, fleet } = this.#parts.fleet.inForce;
    this.#sharing.adopt({ config, fleet: fleet.fleet });
  }

  #spread(state: SharingState | undefined): void {
    for (const { line } of this.#threads.values()) line.tell('sharing', state);
  }

  /** To everybody but the one who tells them. */
  #pass(hints: readonly AffinityHint[], from: number): void {
    for (const { number, line } of this.#threads.values()) if (number !== from) line.tell('hints', hints);
  }

  #listening(): WorkerThread[] {
    return [...this.#threads.values()].toSorted((a, b) => a.number - b.number);
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  #open(number: number, pauseMs = FIRST_PAUSE_MS): WorkerThread {
    const { start, fleet, log, reload, script } = this.#parts;
    const { generation } = fleet.inForce;
    const dealing = this.#dealer === undefined ? 'system' : 'own';
    const thread = new WorkerThread(
      { ...start, thread: number, dealing, port: this.#port, words: fleet.words, generation },
      {
        ...this.#gathering.handlers,
        log: (lines) => log.pass(lines),
        ...(this.#dealer?.handlers ?? NOTHING_DEALT),
        hints: (hints) => this.#pass(hints, number),
        hurry: () => this.#sharing.hurry(),
        reload,
      },
      script,
    );
    this.#threads.set(number, thread);
    thread.line.tell('sharing', this.#sharing.state);
    const openedAtMs = performance.now();
    void thread.ended.then((why) => {
      const isSteady = performance.now() - openedAtMs > STEADY_MS;
      return this.#onEnd(thread, why, isSteady ? FIRST_PAUSE_MS : pauseMs);
    });
    return thread;
  }

  async #onEnd(thread: WorkerThread, why: string, pauseMs: number): Promise<void> {
    const { fleet, log } = this.#parts;
    await fleet.giveBack(thread.number);
    if (this.#threads.get(thread.number) === thread) this.#threads.delete(thread.number);
    this.#gathering.bury(thread);
    this.#dealer?.bury(thread);
    if (this.#isEnding || this.#dismissed.has(thread)) return;
    log.logger.error(
      { thread: thread.number, why },
      'a thread has died: its open requests are lost, another takes its place',
    );
    await sleep(pauseMs);
    await this.#inOrder(async () => {
      if (this.#isEnding) return;
      const next = this.#open(thread.number, Math.min(LONGEST_PAUSE_MS, pauseMs * 2));
      // Who does not get as far as listening ends, and is started again from there.
      await next.listening.catch(() => next.end());
    });
  }
}

/** Why the thread cannot serve by this config; a thread that dies over something else refuses nothing. */
async function refusalOf({ line }: WorkerThread, generation: ThreadStart['generation']): Promise<string | undefined> {
  try {
    await line.ask('prepare', generation);
    return undefined;
  } catch (error) {
    if (error instanceof LineClosedError) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
