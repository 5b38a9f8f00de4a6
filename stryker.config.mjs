// Mutation testing of the core: thousands of small changes, each of which a unit test should notice. Only the core,
// because it decides everything and its tests need no network and no time.

export default {
  mutate: ['src/core/**/*.ts', '!src/core/**/*.test.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  coverageAnalysis: 'perTest',
  // What the core's tests need, and no tsconfig.json: Stryker would rewrite it with an API that TypeScript 7 lacks.
  ignorePatterns: ['*', '!src/core/**', '!test/support/**', '!package.json', '!vitest.mutation.config.ts'],
  concurrency: Number(process.env['STRYKER_CONCURRENCY'] ?? 2),
  // Tables and patterns are evaluated when a file is loaded. Their mutants cost a reload each and are worth it.
  ignoreStatic: false,
  warnings: { slow: false },
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: 'reports/mutation/incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: 'reports/mutation/mutation.html' },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  thresholds: { high: 95, low: 85, break: 85 },
};
