// How the tests of the core run under Stryker, which runs some of them for each of thousands of mutants: unit tests
// only, fewer runs per property, and no measurements. The time limit is generous: Stryker has its own.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/core/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['./test/support/few-runs.ts', './test/support/no-measurements.ts'],
    testTimeout: 120_000,
  },
});
