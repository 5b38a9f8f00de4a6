// Everything that a provider may do, through every client library: the client gets the whole answer, or the truth, or the
// provider's refusal; attempts are bounded; nothing is left behind. Each against providers that say the same thing twice
// and against some that do not; what a library makes of the latter is its own only where a stream was begun. Durations
// pass faster here, no faster than a busy machine can follow, and as they are in `npm run soak`.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preparePythonClients } from '../../scripts/python-clients.ts';
import { CHAOS_CASES } from './chaos-cases.ts';
import { allClients, type AllClients } from './clients/all-clients.ts';
import { rawHttp } from './clients/raw-http.ts';
import { readKnownAnswers, STYLES, type KnownAnswers } from './known-answers.ts';
import { playCase } from './play-case.ts';

const python = preparePythonClients();
if (python.kind === 'missing') console.log(`the Python client is skipped: ${python.reason}`);

let clients: AllClients;
let known: KnownAnswers;
beforeAll(async () => {
  clients = allClients(python);
  known = await readKnownAnswers();
});
afterAll(() => clients.close());

const rows = CHAOS_CASES.flatMap((one) =>
  one.modes.flatMap((mode) => STYLES.map((style) => ({ name: one.name, one, mode, style }))),
);

test.concurrent.each(rows)(
  '$name ($mode, $style)',
  async ({ one, mode, style }) => {
    const players = style === 'deterministic' || one.expected.kind === 'recovered' ? clients.list : [rawHttp];
    const plays = players.map(async (client) => {
      const problems = await playCase(one, { client, mode, style, speed: one.isLong === true ? 10 : 5, known });
      return problems.map((problem) => `${client.name}: ${problem}`);
    });
    expect((await Promise.all(plays)).flat()).toEqual([]);
    // All clients at once, on a machine that may have no time for them.
  },
  120_000,
);

test.skipIf(python.kind === 'missing')('the Python client has played all of them', () => {
  expect(clients.list.map(({ name }) => name)).toEqual([
    'raw HTTP',
    'openai for Node',
    'LangChain JS',
    'Vercel AI SDK',
    'openai for Python',
  ]);
});
