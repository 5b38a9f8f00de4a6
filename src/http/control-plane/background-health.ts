// Health checks on a timer (`general_settings.background_health_checks`): `/health` then shows the latest round instead
// of asking every provider once more for everybody who looks.
import type { Millis } from '../../core/units.ts';
import type { Clock, TimerHandle } from '../../upstream/clock.ts';

export class BackgroundHealth<Round> {
  readonly #clock: Clock;
  readonly #check: () => Promise<Round>;
  readonly #intervalMs: Millis;
  #latest: Promise<Round>;
  #timer: TimerHandle | undefined;
  #isClosed = false;

  /** The first round starts at once; a further one `intervalMs` after each has ended. `check` must not reject. */
  constructor(clock: Clock, check: () => Promise<Round>, intervalMs: Millis) {
    this.#clock = clock;
    this.#check = check;
    this.#intervalMs = intervalMs;
    this.#latest = this.#round();
  }

  /** The latest round that is complete; the first one is waited for. */
  latest(): Promise<Round> {
    return this.#latest;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
  }

  async #round(): Promise<Round> {
    const round = await this.#check();
    if (!this.#isClosed) {
      this.#timer = this.#clock.after(this.#intervalMs, () => void this.#again(), undefined);
      this.#timer.unref();
    }
    return round;
  }

  async #again(): Promise<void> {
    const round = this.#round();
    await round;
    this.#latest = round;
  }
}
