// Leaves out, for mutation testing, the tests that measure over very many decisions: each runs for seconds, would run
// again for thousands of mutants, and finds nothing that the tests of single decisions do not find.
import { beforeEach } from 'vitest';

const MEASUREMENTS: readonly RegExp[] = [/saturated for ten minutes/, /the others keep the shares of their weights/];

beforeEach(({ task, skip }) => {
  if (MEASUREMENTS.some((name) => name.test(task.name))) skip();
});
