// Ends the output of a test run with one line for machines, `N passed, N failed` and `, N skipped` where there are any.
// Separate from vitest's own reporter because the wording is a promise to continuous integration, not a matter of taste.
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** How the tests of one run ended. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line itself; `skipped` is named only when something was. */
export function totalsLine({ passed, failed, skipped }: Totals): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/**
 * Counts tests. A file that could not be loaded or whose set-up failed counts as one failure beside its tests, and so
 * does an error outside of any test: a run that vitest calls failed is never summed up as `0 failed`.
 */
export function countTests(modules: readonly TestModule[], unhandled: number): Totals {
  const totals = { passed: 0, failed: unhandled, skipped: 0 };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') totals.passed += 1;
      else if (state === 'failed') failedHere += 1;
      else totals.skipped += 1;
    }
    if (failedHere === 0 && !module.ok()) failedHere = 1;
    totals.failed += failedHere;
  }
  return totals;
}

/** The reporter that vitest loads by path; vitest wants it as the default export. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const line = totalsLine(countTests(modules, unhandled.length));
    // Written when the process leaves, so that it stands below the summary of every other reporter.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}
