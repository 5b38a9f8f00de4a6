// Holds back what a stream has said until its commit point, so that a failure before it stays invisible.

export class CommitHold {
  #held = '';

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
