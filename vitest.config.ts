// How the tests run: unit tests beside the source, suites that cross folders under test/. One reporter prints the tree
// of failures, the other the one-line summary that continuous integration reads.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'sim/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['node_modules/**', 'dist/**', '.venv/**'],
    environment: 'node',
    pool: 'forks',
    reporters: ['default', './test/support/totals-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
