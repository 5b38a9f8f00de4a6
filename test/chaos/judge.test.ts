// The judge of the chaos suite must be able to say no: one good run, and everything that may be wrong with it.
import { expect, test } from 'vitest';
import type { ChaosCase } from './chaos-case.ts';
import type { Seen } from './clients/chat-client.ts';
import { judge, mostWhileDown, type Played } from './play-case.ts';

const known = { deterministic: ['One two three.'], sampled: ['A b c.', 'D e f.'] };

const ONE: ChaosCase = {
  name: 'x',
  modes: ['stream'],
  entries: [],
  faults: {},
  expected: { kind: 'recovered' },
  attempts: { primary: [1, 2], second: [1, 1] },
  mostAttempts: 2,
  accounts: { primary: { failures: 1, tokens: 68 } },
  recorded: { status: 200 },
};

const WHOLE: Seen = { kind: 'answer', text: 'One two three.', finish: 'stop', completionTokens: 100 };

const PRIMARY = {
  id: 'primary',
  in_flight: 0,
  attempts: 1,
  successes: 0,
  failures: 1,
  breaker: { state: 'closed' },
  limits: { rpm: { used: 1 }, tpm: { used: 68 } },
} as const;

const GOOD: Played = {
  seen: [WHOLE],
  attempts: { primary: 1, second: 1 },
  downMs: 0,
  attemptsWhileDown: 0,
  deployments: [PRIMARY],
  recorded: { status: 200 },
  leftUnderWay: 0,
  afterwards: WHOLE,
};

const same = { mode: 'stream', style: 'deterministic', known } as const;
const differing = { mode: 'stream', style: 'sampled', known } as const;

function broken(text: string, status?: number): Seen {
  return { kind: 'error', text, status, message: 'server error' };
}

test('a good run has no problems', () => {
  expect(judge(ONE, same, GOOD)).toEqual([]);
});

test.each<[string, Partial<Played>, string]>([
  ['another text', { seen: [{ ...WHOLE, text: 'One two.' }] }, 'request 1: not what any provider says: "One two."'],
  ['no end', { seen: [{ ...WHOLE, finish: undefined }] }, 'request 1: finish reason: undefined'],
  ['an error', { seen: [broken('One', 500)] }, 'request 1: not an answer: 500 server error after "One"'],
  [
    'the usage of one stream',
    { seen: [{ ...WHOLE, completionTokens: 60 }] },
    'request 1: tokens told: 60, not 61 to 180',
  ],
  [
    'no usage',
    { seen: [{ ...WHOLE, completionTokens: undefined }] },
    'request 1: tokens told: undefined, not 61 to 180',
  ],
  ['too few attempts', { attempts: { primary: 1, second: 0 } }, 'attempts at the second: 0, not 1'],
  ['too many attempts', { attempts: { primary: 2, second: 1 } }, 'attempts: 3, not 0 to 2'],
  ['attempts that go on', { leftUnderWay: 2 }, '2 attempts did not end'],
  ['a wrong account', { deployments: [{ ...PRIMARY, failures: 0 }] }, 'primary: failures is 0, not 1'],
  ['no account', { deployments: [] }, 'no deployment primary'],
  ['a wrong record', { recorded: { status: 500 } }, 'recorded: status is 500, not 200'],
  ['lasting damage', { afterwards: broken('', 503) }, 'afterwards: not an answer: 503 server error after ""'],
])('it notices %s', (_name, change, problem) => {
  expect(judge(ONE, same, { ...GOOD, ...change })).toEqual([problem]);
});

test.each<[string, Seen, readonly string[]]>([
  ['a part of one answer and an error', broken('A b'), []],
  ['a splice', broken('A e'), ['request 1: not a part of what a provider says: "A e"']],
  ['a whole answer and an error', broken('A b c.'), ['request 1: not a part of what a provider says: "A b c."']],
  ['nothing and an error', broken(''), ['request 1: not a part of what a provider says: ""']],
  ['an answer', { ...WHOLE, text: 'A b f.' }, ['request 1: an answer where two differ: "A b f."']],
  ['an error without words', { ...broken('A b'), message: '' } as Seen, ['request 1: an error without words']],
])('where two answers differ: %s', (_name, seen, problems) => {
  const afterwards = { ...WHOLE, text: 'D e f.' };
  expect(judge(ONE, differing, { ...GOOD, seen: [seen], afterwards })).toEqual(problems);
});

test('where it is told that something is missing, the accounts are others', () => {
  const one: ChaosCase = { ...ONE, accountsIfTold: { primary: { failures: 2 } } };
  const told = { ...GOOD, seen: [broken('A b')], afterwards: { ...WHOLE, text: 'D e f.' } };
  expect(judge(one, differing, told)).toEqual(['primary: failures is 1, not 2']);
});

test.each<[string, Seen, readonly string[]]>([
  ['the error of the provider', broken('', 400), []],
  ['another status', broken('', 500), ['request 1: not the provider\'s 400: 500 server error after ""']],
  ['a part of an answer', broken('A', 400), ['request 1: not the provider\'s 400: 400 server error after "A"']],
  ['an answer', WHOLE, ['request 1: an answer, not the provider\'s error: "One two three."']],
])('a refusal is %s', (_name, seen, problems) => {
  const one: ChaosCase = { ...ONE, expected: { kind: 'refusal', status: 400, words: 'server' } };
  expect(judge(one, same, { ...GOOD, seen: [seen] })).toEqual(problems);
});

test('a refusal has the words of the provider', () => {
  const one: ChaosCase = { ...ONE, expected: { kind: 'refusal', status: 400, words: 'too long' } };
  expect(judge(one, same, { ...GOOD, seen: [broken('', 400)] })).toHaveLength(1);
});

test('in a series it counts attempts while the primary is down, and after', () => {
  const series = { requests: 8, everyMs: 1, healthyFrom: 7, leastAfter: 2 };
  const one: ChaosCase = { ...ONE, series, attempts: { primary: [1, 9], second: [1, 1] }, mostAttempts: 10 };
  const played = { ...GOOD, attempts: { primary: 8, second: 1 }, downMs: 799 };
  expect(judge(one, same, { ...played, attemptsWhileDown: 5 })).toEqual([]);
  expect(judge(one, same, { ...played, attemptsWhileDown: 7 })).toEqual([
    'attempts while down: 7, not 1 to 5',
    'attempts once healthy: 1, not 2 to 8',
  ]);
});

test('the breaker of a primary that is down lets through what it must', () => {
  expect([799, 800, 2_399, 2_400, 12_000, 24_000, 60_000].map(mostWhileDown)).toEqual([5, 6, 6, 7, 9, 10, 13]);
});
