import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { include: ['src/core/**/*.test.ts'], environment: 'node', testTimeout: 10_000 } });
