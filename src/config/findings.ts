// Collects everything that loading finds, so that all problems of a config are reported at once instead of the first.
// Messages may quote names and keys of the config, never values: a value may be a secret in the wrong place.
import type { Place } from './config-node.ts';
import type { ConfigProblem, KeyVerdict } from './types.ts';

/** A place in a file together with the path of the key: `model_list[2].litellm_params.rpm`. */
export interface Spot {
  readonly place: Place;
  readonly where: string;
}

/** Problems and verdicts of one load, in the order in which they were found. */
export class Findings {
  readonly #problems: ConfigProblem[] = [];
  readonly #verdicts: { readonly file: string; readonly verdict: KeyVerdict }[] = [];

  /** The process will not start. */
  error(spot: Spot, what: string): void {
    this.#add('error', spot, what);
  }

  /** The process starts; something will not be as the config says. */
  warning(spot: Spot, what: string): void {
    this.#add('warning', spot, what);
  }

  /** A warning that says more than those already given for the same key, which it replaces. */
  replaceWarnings(spot: Spot, what: string): void {
    const rest = this.#problems.filter((old) => old.severity === 'error' || old.where !== spot.where);
    this.#problems.splice(0, this.#problems.length, ...rest);
    this.warning(spot, what);
  }

  verdict(spot: Spot, verdict: KeyVerdict['verdict'], note?: string): void {
    this.#verdicts.push({
      file: spot.place.file,
      verdict: { where: spot.where, line: spot.place.line, verdict, note },
    });
  }

  /** By file, then line and column; the root file first. */
  problems(): readonly ConfigProblem[] {
    const files = [...new Set(this.#problems.map((problem) => problem.file))];
    return this.#problems.toSorted(
      (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
    );
  }

  /** In the order of the files, then by line. */
  verdicts(): readonly KeyVerdict[] {
    const files = [...new Set(this.#verdicts.map((one) => one.file))];
    return this.#verdicts
      .toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.verdict.line - b.verdict.line)
      .map((one) => one.verdict);
  }

  #add(severity: ConfigProblem['severity'], { place, where }: Spot, what: string): void {
    const isKnown = this.#problems.some(
      (old) => old.line === place.line && old.where === where && old.what === what && old.file === place.file,
    );
    if (isKnown) return;
    this.#problems.push({ severity, file: place.file, line: place.line, column: place.column, where, what });
  }
}
