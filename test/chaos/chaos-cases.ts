// The cases: everything that a provider may do to a client through a gateway, as data. A new one is a new row.
import type { ChaosCase, Entry, Mode } from './chaos-case.ts';

const BOTH: readonly Mode[] = ['stream', 'plain'];
const STREAM: readonly Mode[] = ['stream'];
const PLAIN: readonly Mode[] = ['plain'];

/** The second belongs to the same group, and gets nothing while the primary can be had. */
const PAIR: readonly Entry[] = [
  { at: 'primary', params: 'weight: 1' },
  { at: 'second', params: 'weight: 0' },
];
const TWO_LEVELS: readonly Entry[] = [
  { at: 'primary', params: 'order: 1' },
  { at: 'second', params: 'order: 2' },
];
const WITH_FALLBACK: readonly Entry[] = [{ at: 'primary' }, { at: 'second', group: 'other' }];
const LONE: readonly Entry[] = [{ at: 'primary' }];
const FALLBACKS = 'fallbacks: [{g: [other]}]';
const PATIENCE = 'timeout: 15, stream_timeout: 15';

const ANSWER = { kind: 'answer' } as const;
const RECOVERED = { kind: 'recovered' } as const;
const ONE_EACH = { primary: [1, 1], second: [1, 1] } as const;
/** As many as `num_retries: 2` allows. */
const UP_TO_THREE = { primary: [1, 3], second: [1, 1] } as const;

const LIMITED = 'rpm: 100, tpm: 100000';
const LIMITED_PAIR: readonly Entry[] = [
  { at: 'primary', params: `weight: 1, ${LIMITED}` },
  { at: 'second', params: `weight: 0, ${LIMITED}` },
];
/** 8 tokens of the prompt, 60 of the answer. */
const ONE_ANSWER = { attempts: 1, successes: 1, failures: 0, breaker: 'closed', requests: 1, tokens: 68 } as const;

export const CHAOS_CASES: readonly ChaosCase[] = [
  {
    name: '429 with a Retry-After of 30 s, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { status: 429, retryAfter: 30 } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: '429 with a Retry-After of 30 s, and a fallback is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: FALLBACKS,
    faults: { primary: { status: 429, retryAfter: 30 } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: '429 with a Retry-After of 2 s once, and nobody else is there',
    modes: BOTH,
    entries: LONE,
    faults: { primary: { on: '1', status: 429, retryAfter: 2 } },
    expected: ANSWER,
    attempts: { primary: [2, 2] },
  },
  {
    name: '429 without Retry-After, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { status: 429 } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: '429 without Retry-After once, and nobody else is there',
    modes: BOTH,
    entries: LONE,
    faults: { primary: { on: '1', status: 429 } },
    expected: ANSWER,
    attempts: { primary: [2, 2] },
  },
  {
    name: '500 once, and nobody else is there',
    modes: BOTH,
    entries: LONE,
    faults: { primary: { on: '1', status: 500 } },
    expected: ANSWER,
    attempts: { primary: [2, 2] },
  },
  {
    name: '500 once, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { on: '1', status: 500 } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: '503 for ever, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { status: 503 } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: '503 for ever, and another level of the group is there',
    modes: BOTH,
    entries: TWO_LEVELS,
    faults: { primary: { status: 503 } },
    expected: ANSWER,
    attempts: UP_TO_THREE,
  },
  {
    name: '503 for ever, and a fallback is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: FALLBACKS,
    faults: { primary: { status: 503 } },
    expected: ANSWER,
    attempts: UP_TO_THREE,
  },
  {
    name: '503 for ever, and nobody else is there',
    modes: BOTH,
    entries: LONE,
    faults: { primary: { status: 503 } },
    expected: { kind: 'refusal', status: 503, words: 'currently overloaded' },
    attempts: { primary: [3, 3] },
  },
  {
    name: 'a reset before the headers, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { connection: 'reset' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'a reset before the headers, and a fallback is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: FALLBACKS,
    faults: { primary: { connection: 'reset' } },
    expected: ANSWER,
    attempts: UP_TO_THREE,
  },
  {
    name: 'silence for ever, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    router: PATIENCE,
    faults: { primary: { connection: 'silence' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'silence for ever, and a fallback is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: `${PATIENCE}, ${FALLBACKS}`,
    faults: { primary: { connection: 'silence' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'silence that outlasts the first sign of life to the client',
    modes: STREAM,
    entries: PAIR,
    router: 'stream_timeout: 30',
    faults: { primary: { connection: 'silence' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'the first token after 20 s',
    modes: STREAM,
    entries: PAIR,
    faults: { primary: { firstTokenMs: 20_000 } },
    expected: ANSWER,
    attempts: { primary: [1, 1], second: [0, 1] },
  },
  {
    name: 'the answer after 20 s',
    modes: PLAIN,
    entries: PAIR,
    faults: { primary: { latencyMs: 20_000 } },
    expected: ANSWER,
    attempts: { primary: [1, 1], second: [0, 1] },
  },
  {
    name: 'a cut after 40 of 60 tokens, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { cutAfterTokens: 40 } },
    expected: RECOVERED,
    attempts: ONE_EACH,
  },
  {
    name: 'a cut after 40 of 60 tokens, and a fallback is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: FALLBACKS,
    faults: { primary: { cutAfterTokens: 40 } },
    expected: RECOVERED,
    attempts: UP_TO_THREE,
  },
  {
    name: 'a stall after 20 tokens, and another deployment is there',
    modes: BOTH,
    entries: PAIR,
    router: PATIENCE,
    faults: { primary: { stallAfterTokens: 20 } },
    expected: RECOVERED,
    attempts: ONE_EACH,
  },
  {
    name: 'a stall after 20 tokens, and a fallback is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: `${PATIENCE}, ${FALLBACKS}`,
    faults: { primary: { stallAfterTokens: 20 } },
    expected: RECOVERED,
    attempts: ONE_EACH,
  },
  {
    name: 'a malformed tenth event, and another deployment is there',
    modes: STREAM,
    entries: PAIR,
    faults: { primary: { malformedAfterTokens: 9 } },
    expected: RECOVERED,
    attempts: ONE_EACH,
  },
  {
    name: 'an answer that is no JSON, and another deployment is there',
    modes: PLAIN,
    entries: PAIR,
    faults: { primary: { body: 'garbage' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'no [DONE]',
    modes: STREAM,
    entries: PAIR,
    faults: { primary: { omitDone: true } },
    expected: ANSWER,
    attempts: { primary: [1, 1] },
  },
  {
    name: 'no finish_reason',
    modes: STREAM,
    entries: PAIR,
    faults: { primary: { omitFinishReason: true } },
    expected: ANSWER,
    attempts: { primary: [1, 1] },
  },
  {
    name: 'the prompt is too long, and a fallback for that is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: 'context_window_fallbacks: [{g: [other]}]',
    faults: { primary: { error: 'context-length' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'the prompt is too long, and only other fallbacks are there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: FALLBACKS,
    faults: { primary: { error: 'context-length' } },
    expected: { kind: 'refusal', status: 400, words: 'maximum context length is 8192 tokens' },
    attempts: { primary: [1, 1] },
  },
  {
    name: 'the content is refused, and only other fallbacks are there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: FALLBACKS,
    faults: { primary: { error: 'content-filter' } },
    expected: { kind: 'refusal', status: 400, words: 'rejected as a result of our safety system' },
    attempts: { primary: [1, 1] },
  },
  {
    name: 'the content is refused, and a fallback for that is there',
    modes: BOTH,
    entries: WITH_FALLBACK,
    router: `${FALLBACKS}, content_policy_fallbacks: [{g: [other]}]`,
    faults: { primary: { error: 'content-filter' } },
    expected: ANSWER,
    attempts: ONE_EACH,
  },
  {
    name: 'a cut after 40 of 60 tokens, and the fallback takes no begun answer',
    modes: STREAM,
    entries: [
      { at: 'primary', model: 'hosted_vllm/m' },
      { at: 'second', group: 'other', model: 'openai/m' },
    ],
    router: FALLBACKS,
    faults: { primary: { cutAfterTokens: 40 }, second: { rejectPrefill: true } },
    expected: RECOVERED,
    attempts: ONE_EACH,
  },
  {
    name: 'a cut after 40 of 60 tokens, and the fallback refuses the begun answer that it should take',
    modes: STREAM,
    entries: [
      { at: 'primary', model: 'hosted_vllm/m' },
      { at: 'second', group: 'other', model: 'hosted_vllm/m' },
    ],
    router: FALLBACKS,
    faults: { primary: { cutAfterTokens: 40 }, second: { rejectPrefill: true } },
    expected: RECOVERED,
    attempts: { primary: [1, 1], second: [2, 2] },
  },
  {
    name: 'the primary is down for 60 s, then healthy, with a request every 4 s',
    modes: BOTH,
    entries: PAIR,
    faults: { primary: { status: 503 } },
    expected: ANSWER,
    attempts: { primary: [8, 25], second: [15, 24] },
    mostAttempts: 40,
    series: { requests: 25, everyMs: 4_000, healthyFrom: 15, mostWhileDown: 12, leastAfter: 1 },
  },
  {
    name: 'a failover, and everybody is charged what they did',
    modes: BOTH,
    entries: LIMITED_PAIR,
    faults: { primary: { status: 500 } },
    expected: ANSWER,
    attempts: ONE_EACH,
    accounts: {
      primary: { attempts: 1, successes: 0, failures: 1, breaker: 'closed', requests: 1 },
      second: ONE_ANSWER,
    },
    recorded: { deployment: 'second', status: 200, attempts: 2, retries: 1, prompt_tokens: 8, completion_tokens: 60 },
  },
  {
    name: 'a failover after a 429, and it is no failure',
    modes: BOTH,
    entries: LIMITED_PAIR,
    faults: { primary: { status: 429, retryAfter: 30 } },
    expected: ANSWER,
    attempts: ONE_EACH,
    accounts: {
      primary: { attempts: 1, successes: 0, failures: 0, breaker: 'closed', requests: 1 },
      second: ONE_ANSWER,
    },
    recorded: { deployment: 'second', status: 200, attempts: 2, retries: 1, prompt_tokens: 8, completion_tokens: 60 },
  },
  {
    name: 'a fallback, and everybody is charged what they did',
    modes: BOTH,
    entries: [
      { at: 'primary', params: LIMITED },
      { at: 'second', group: 'other', params: LIMITED },
    ],
    router: FALLBACKS,
    faults: { primary: { error: 'bad-request' } },
    expected: ANSWER,
    attempts: ONE_EACH,
    accounts: {
      primary: { attempts: 1, successes: 0, failures: 0, breaker: 'closed', requests: 1 },
      second: ONE_ANSWER,
    },
    recorded: { deployment: 'second', group: 'other', attempts: 2, fallbacks: 1, completion_tokens: 60 },
  },
  {
    name: 'a recovery, and everybody is charged what they did',
    modes: STREAM,
    entries: LIMITED_PAIR,
    faults: { primary: { cutAfterTokens: 40 } },
    expected: RECOVERED,
    attempts: ONE_EACH,
    accounts: {
      primary: { attempts: 1, successes: 0, failures: 1, breaker: 'closed', requests: 1 },
      second: ONE_ANSWER,
    },
    accountsIfTold: {
      primary: { attempts: 1, successes: 0, failures: 1, breaker: 'closed', requests: 1 },
      // That two answers differ is nobody's fault.
      second: { attempts: 1, successes: 0, failures: 0, breaker: 'closed', requests: 1 },
    },
    recorded: { deployment: 'second', status: 200, attempts: 2 },
  },
];
