// Suites that need a redis-server: they run where there is one or where it may be installed, count as skipped elsewhere
// with the reason printed, and fail without one in continuous integration.
import { describe, test } from 'vitest';
import { findRedis } from './redis-server.ts';

export function describeRedis(name: string, suite: () => void): void {
  const program = findRedis();
  if (program.kind === 'ready') {
    describe(name, suite);
    return;
  }
  if (process.env['CI'] !== undefined) {
    test(`${name} needs redis-server`, () => {
      throw new Error(program.reason);
    });
    return;
  }
  process.stdout.write(`skipped: ${name}: ${program.reason}\n`);
  describe.skip(name, suite);
}
