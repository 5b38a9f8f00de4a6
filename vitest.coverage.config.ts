// The core's unit tests with the branches that they reach: every branch of the core has a test, or it is not needed.
// Properties try the same values in every run: chance must not decide what is covered.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/core/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['./test/support/few-runs.ts'],
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/core/**/*.ts'],
      exclude: ['src/core/**/*.test.ts'],
      reporter: ['text'],
      thresholds: { branches: 100 },
    },
  },
});
