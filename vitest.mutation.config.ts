// How the tests of the core run under Stryker, which runs some of them for each of thousands of mutants: unit tests
// only, and fewer runs per property (test/support/few-runs.ts).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/core/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['./test/support/few-runs.ts'],
    testTimeout: 10_000,
  },
});
