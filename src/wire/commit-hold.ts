// Holds back what a stream has said until its commit point, so that a failure before it stays invisible.

const MAX_HELD_BYTES = 16 * 1024 * 1024;

export class CommitHold {
  #held = '';

  /** A stream that says so much without any content will not come to it. */
  get isTooLarge(): boolean {
    return this.#held.length > MAX_HELD_BYTES;
  }

  /** What may leave now, of what was held and of `out`. */
  release(out: string, isCommitted: boolean): string {
    if (!isCommitted) {
      this.#held += out;
      return '';
    }
    if (this.#held === '') return out;
    const bytes = this.#held + out;
    this.#held = '';
    return bytes;
  }
}
