// Keeps asking Redis: one call at a time, never more than the bound, sooner when somebody is in need, and no request ever
// waits for it. After 50 ms without an answer those who wait are told; after a second the connection is given up and
// made anew after a pause. What is asked and what an answer means is the dialogue's.
import { ANSWER_MS, SILENCE_MS } from '../core/lease/exchange.ts';
import type { Millis } from '../core/units.ts';
import type { Clock, TimerHandle } from '../upstream/clock.ts';
import { CallRate } from './call-rate.ts';
import type { RedisConnection } from './redis-connection.ts';
import { troubleOf } from './trouble.ts';

/** The same for making a connection; the first one includes loading the library. */
const CONNECT_LIMIT_MS = 3_000;
/** Pauses between attempts to connect, of which at least half is kept: short while it may only be a restart. */
const FIRST_PAUSE_MS = 100;
const SHORT_PAUSE_MS = 250;
const SHORT_PAUSES = 40;
const LONG_PAUSE_MS = 1_000;
/** So many late answers in a row make Redis slow, and so many in time end that. */
const SLOW_AFTER = 3;
/** What the last call may take at the end. */
const FAREWELL_LIMIT_MS = 250;

/** The sides of the exchange that the loop does not understand. */
export interface Dialogue {
  /** Makes the call. */
  call(connection: RedisConnection): Promise<unknown>;
  /** `wasLate`: after `late`. Rejects for a reply that means nothing. */
  answered(reply: unknown, wasLate: boolean): Promise<void>;
  /** No answer yet: it may still come. */
  late(): void;
  /** None will come: nobody may wait for it. */
  unanswered(): void;
  /** Gives back what is held; the last call of all. */
  farewell(connection: RedisConnection): Promise<unknown>;
  /** Pause until the next call when nobody is in need. */
  pauseMs(): Millis;
}

export interface LoopState {
  readonly kind: 'starting' | 'up' | 'slow' | 'down';
  /** Why it is down. */
  readonly reason: string | undefined;
}

/** How one call ended: late answers count all the same, failed ones never came. */
export interface EndedCall {
  readonly outcome: 'answered' | 'late' | 'failed';
  readonly durationMs: Millis;
}

export interface LoopParts {
  readonly clock: Clock;
  readonly connect: (signal: AbortSignal) => Promise<RedisConnection>;
  readonly dialogue: Dialogue;
  /** Told once for each change of kind. */
  readonly onState: (state: LoopState) => void;
  /** Told of every call that ended; attempts to connect are none. */
  readonly onCall: (call: EndedCall) => void;
}

/** One attempt to connect, or one call, that is under way. */
interface Step {
  readonly isCall: boolean;
  readonly beganMs: Millis;
  readonly giveUp: () => void;
  readonly timers: TimerHandle[];
  /** Settles when it has come to its end. */
  work: Promise<unknown>;
  isLate: boolean;
}

export class AskLoop {
  readonly #parts: LoopParts;
  readonly #rate = new CallRate();
  #state: LoopState = { kind: 'starting', reason: undefined };
  #connection: RedisConnection | undefined;
  #step: Step | undefined;
  #timer: TimerHandle | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #failuresInRow = 0;
  /** Positive: late answers in a row; negative: answers in time in a row. */
  #lateness = 0;
  #isStopped = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  get state(): LoopState {
    return this.#state;
  }

  start(): void {
    this.#at(this.#now());
  }

  /** Somebody needs an answer now: asks as soon as the bound allows. While Redis is down nobody waits for it. */
  hurry(): void {
    if (this.#isStopped || this.#step !== undefined || this.#connection === undefined) return;
    this.#at(this.#rate.nextAt(this.#now()));
  }

  /** Gives back what is held, if Redis answers soon, and ends. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelTimer();
    if (this.#step !== undefined && this.#connection !== undefined) await this.#bounded(this.#step.work);
    this.#step?.giveUp();
    this.#endStep();
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    await this.#bounded(this.#parts.dialogue.farewell(connection));
    connection.close();
  }

  #now(): Millis {
    return this.#parts.clock.now();
  }

  /** The next step is due then, unless one is due earlier. */
  #at(dueMs: Millis): void {
    if (this.#isStopped || dueMs >= this.#dueMs) return;
    this.#cancelTimer();
    this.#dueMs = dueMs;
    this.#timer = this.#parts.clock.after(Math.max(0, dueMs - this.#now()), () => this.#next(), undefined);
    this.#timer.unref();
  }

  #cancelTimer(): void {
    if (this.#timer !== undefined) this.#parts.clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #next(): void {
    this.#cancelTimer();
    if (this.#isStopped || this.#step !== undefined) return;
    const connection = this.#connection;
    if (connection === undefined) this.#connect();
    else this.#call(connection);
  }

  #connect(): void {
    const gaveUp = new AbortController();
    const step = this.#begin(false, () => gaveUp.abort());
    step.work = this.#parts.connect(gaveUp.signal).then(
      (connection) => {
        if (this.#step !== step) return connection.close();
        this.#endStep();
        this.#connection = connection;
        this.#call(connection);
      },
      (error: unknown) => this.#failed(step, troubleOf(error)),
    );
  }

  #call(connection: RedisConnection): void {
    const { clock, dialogue } = this.#parts;
    const step = this.#begin(true, () => undefined);
    this.#rate.begin(step.beganMs);
    step.timers.push(clock.after(ANSWER_MS, () => this.#late(step), undefined));
    step.work = dialogue.call(connection).then(
      (reply) => this.#answered(step, reply),
      (error: unknown) => this.#failed(step, troubleOf(error)),
    );
  }

  #begin(isCall: boolean, giveUp: () => void): Step {
    const { clock } = this.#parts;
    const step: Step = { isCall, beganMs: this.#now(), giveUp, timers: [], work: Promise.resolve(), isLate: false };
    const limitMs = isCall ? SILENCE_MS : CONNECT_LIMIT_MS;
    const silent = (): void => {
      giveUp();
      this.#failed(step, `no answer for ${limitMs / 1_000} s`);
    };
    step.timers.push(clock.after(limitMs, silent, undefined));
    for (const timer of step.timers) timer.unref();
    this.#step = step;
    return step;
  }

  #endStep(): void {
    this.#cancelTimersOf(this.#step);
    this.#step = undefined;
  }

  #cancelTimersOf(step: Step | undefined): void {
    for (const timer of step?.timers ?? []) this.#parts.clock.cancel(timer);
  }

  #late(step: Step): void {
    if (this.#step !== step) return;
    step.isLate = true;
    this.#parts.dialogue.late();
  }

  /** The next call begins when this answer has been taken in. */
  async #answered(step: Step, reply: unknown): Promise<void> {
    if (this.#step !== step) return;
    this.#cancelTimersOf(step);
    this.#failuresInRow = 0;
    this.#parts.onCall({ outcome: step.isLate ? 'late' : 'answered', durationMs: this.#now() - step.beganMs });
    const trouble = await this.#takeIn(reply, step.isLate);
    if (this.#step !== step) return;
    this.#endStep();
    if (trouble !== undefined) return this.#fail(trouble);
    this.#judge(step.isLate);
    const now = this.#now();
    this.#at(Math.max(this.#rate.nextAt(now), now + this.#parts.dialogue.pauseMs()));
  }

  /** What is wrong with the reply. */
  async #takeIn(reply: unknown, wasLate: boolean): Promise<string | undefined> {
    try {
      await this.#parts.dialogue.answered(reply, wasLate);
      return undefined;
    } catch (error) {
      return troubleOf(error);
    }
  }

  /** A single late answer may be our own fault (a collection, a busy machine): it is no news. */
  #judge(isLate: boolean): void {
    this.#lateness = isLate ? Math.max(0, this.#lateness) + 1 : Math.min(0, this.#lateness) - 1;
    if (this.#lateness >= SLOW_AFTER) this.#become({ kind: 'slow', reason: undefined });
    else if (this.#state.kind !== 'slow' || this.#lateness <= -SLOW_AFTER)
      this.#become({ kind: 'up', reason: undefined });
  }

  #failed(step: Step, reason: string): void {
    if (this.#step !== step) return;
    this.#endStep();
    if (step.isCall) this.#parts.onCall({ outcome: 'failed', durationMs: this.#now() - step.beganMs });
    this.#fail(reason);
  }

  #fail(reason: string): void {
    const { clock, dialogue } = this.#parts;
    this.#connection?.close();
    this.#connection = undefined;
    this.#lateness = 0;
    const now = this.#now();
    dialogue.unanswered();
    this.#become({ kind: 'down', reason });
    const longestMs = this.#failuresInRow < SHORT_PAUSES ? SHORT_PAUSE_MS : LONG_PAUSE_MS;
    const pauseMs = Math.min(longestMs, FIRST_PAUSE_MS * 2 ** this.#failuresInRow);
    this.#failuresInRow += 1;
    this.#at(now + pauseMs * (0.5 + clock.random() / 2));
  }

  #become(state: LoopState): void {
    const isNews = state.kind !== this.#state.kind;
    this.#state = state;
    if (isNews) this.#parts.onState(state);
  }

  #bounded(call: Promise<unknown>): Promise<void> {
    const { clock } = this.#parts;
    return new Promise((resolve) => {
      const timer = clock.after(FAREWELL_LIMIT_MS, () => resolve(), undefined);
      const done = (): void => {
        clock.cancel(timer);
        resolve();
      };
      call.then(done, done);
    });
  }
}
