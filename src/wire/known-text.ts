// A text that is said a second time, piece by piece, held against what is known of it. Separate because every dialect
// compares its texts in the same way, however they are cut.

export class KnownText {
  readonly #known: string;
  #at = 0;

  constructor(known: string) {
    this.#known = known;
  }

  /** All of it was said again. */
  get hasCaughtUp(): boolean {
    return this.#at === this.#known.length;
  }

  /** What of the next piece lies behind the known text; `undefined` = it is another text. */
  untold(piece: string): string | undefined {
    const at = this.#at;
    const rest = this.#known.length - at;
    if (piece.length <= rest) {
      if (!this.#known.startsWith(piece, at)) return undefined;
      this.#at += piece.length;
      return '';
    }
    if (!piece.startsWith(this.#known.slice(at))) return undefined;
    this.#at += rest;
    return piece.slice(rest);
  }
}
