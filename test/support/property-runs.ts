// How often a property of the core runs: 10,000 small histories, unless the whole run says otherwise (mutation testing
// configures fast-check globally, and there a hundred is enough).
import fc from 'fast-check';

export const MANY_RUNS = { numRuns: fc.readConfigureGlobal().numRuns ?? 10_000 };
