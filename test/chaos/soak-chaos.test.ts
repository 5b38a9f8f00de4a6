// The soak run of the chaos suite, on two cases and a fast clock: it plays what it says, and it can fail.
import { expect, test } from 'vitest';
import type { ChaosCase } from './chaos-case.ts';
import { soakChaos } from './soak-chaos.ts';

const NO_PYTHON = { kind: 'missing', reason: 'not here' } as const;

const ONCE: ChaosCase = {
  name: '500 once',
  modes: ['stream', 'plain'],
  entries: [{ at: 'primary' }],
  faults: { primary: { on: '1', status: 500 } },
  expected: { kind: 'answer' },
  attempts: { primary: [2, 2] },
};

function soak(cases: readonly ChaosCase[]) {
  return soakChaos({ speed: 100, parallel: 4, cases, python: NO_PYTHON });
}

test('every case is played through every client, streamed and plain, against both kinds of providers', async () => {
  const { name, figures, failures } = await soak([ONCE]);
  expect(failures).toEqual([]);
  expect(name).toBe('1 kinds of trouble through 4 clients');
  expect(figures[0]).toMatch(/^16 of 16 runs kept the contract, in \d+ s$/);
  expect(figures[1]).toBe('without the Python client: not here');
});

test('a run that breaks the contract is told', async () => {
  const { figures, failures } = await soak([{ ...ONCE, modes: ['plain'], attempts: { primary: [1, 1] } }]);
  expect(failures).toHaveLength(8);
  expect(failures).toContain('raw HTTP, plain, sampled, 500 once: attempts at the primary: 2, not 1');
  expect(figures[0]).toMatch(/^0 of 8 runs/);
});

test('no case is no success', async () => {
  expect((await soak([])).failures).toEqual(['nothing was played']);
});
