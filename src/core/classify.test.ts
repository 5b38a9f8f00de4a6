import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyAnswer,
  classifyBroken,
  classifyInBand,
  classifyStreamFault,
  type FailureContext,
} from './classify.ts';
import {
  BAD_KEY_WORDINGS,
  CONTENT_POLICY_WORDINGS,
  CONTEXT_WINDOW_WORDINGS,
  MISCONFIGURED_WORDINGS,
  QUOTA_WORDINGS,
  isWorded,
} from './classify/error-words.ts';
import { FAILURE_CAUSES, type Failure, type FailureCause } from './outcome.ts';

const context: FailureContext = {
  provider: 'openai',
  callerCredentials: false,
  setByCaller: false,
  timeoutMs: undefined,
};

function answer(
  status: number,
  body: unknown,
  more?: { provider?: string; headers?: Record<string, string>; badAnswer?: string; callerCredentials?: boolean },
): Failure {
  const headers = more?.headers ?? {};
  return classifyAnswer({
    ...context,
    provider: more?.provider ?? 'openai',
    callerCredentials: more?.callerCredentials ?? false,
    status,
    header: (name) => headers[name],
    body: typeof body === 'string' ? body : JSON.stringify(body),
    badAnswer: more?.badAnswer,
  });
}

const openai = (message: string, type: string | null, code: string | number | null, param: string | null = null) => ({
  error: { message, type, param, code },
});

const temperature = openai('Invalid value for temperature', 'invalid_request_error', 'invalid_value', 'temperature');
const badKey = openai('Incorrect API key provided: sk-x.', 'invalid_request_error', 'invalid_api_key');
const noModel = openai('The model `m` does not exist', 'invalid_request_error', 'model_not_found');
const limited = openai('Rate limit reached for requests', 'rate_limit_error', 'rate_limit_exceeded');
const broken = openai('The server had an error', 'server_error', 'internal_error');
const tooLong = openai(
  "This model's maximum context length is 4097 tokens. However, your messages resulted in 5000 tokens.",
  'invalid_request_error',
  'context_length_exceeded',
  'messages',
);
const vllmTooLong = {
  object: 'error',
  message: "This model's maximum context length is 4096 tokens.",
  type: 'BadRequestError',
  code: 400,
};
const filtered = {
  error: {
    message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    innererror: { code: 'ResponsibleAIPolicyViolation' },
  },
};
const refused = openai(
  'Your request was rejected as a result of our safety system.',
  'invalid_request_error',
  'content_policy_violation',
);
const tgiTooLong = {
  error: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000',
  error_type: 'validation',
};

interface Row {
  name: string;
  provider?: string;
  status: number;
  body: unknown;
  cause: FailureCause;
  shown: readonly [status: number, type: string | null, param: string | null];
  exceptionClass: string;
}

// What LiteLLM 1.106 shows for the same answers, chat endpoint.
const shown: Row[] = [
  {
    name: '400',
    status: 400,
    body: temperature,
    cause: 'bad_request',
    shown: [400, 'invalid_request_error', 'temperature'],
    exceptionClass: 'BadRequestError',
  },
  {
    name: '401',
    status: 401,
    body: badKey,
    cause: 'authentication',
    shown: [401, 'authentication_error', null],
    exceptionClass: 'AuthenticationError',
  },
  {
    name: '402',
    status: 402,
    body: openai('Insufficient Balance', 'unknown_error', null),
    cause: 'quota_exhausted',
    shown: [402, 'invalid_request_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '403',
    status: 403,
    body: openai('You are not allowed to do this', 'permission_error', 'forbidden'),
    cause: 'permission',
    shown: [403, 'permission_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '404 that names the model',
    status: 404,
    body: noModel,
    cause: 'misconfigured',
    shown: [404, 'invalid_request_error', null],
    exceptionClass: 'NotFoundError',
  },
  {
    name: '404 of another thing',
    status: 404,
    body: openai('No such file', 'invalid_request_error', 'file_missing'),
    cause: 'not_found',
    shown: [404, 'invalid_request_error', null],
    exceptionClass: 'NotFoundError',
  },
  {
    name: '404 in HTML',
    status: 404,
    body: '<html>nothing here</html>',
    cause: 'misconfigured',
    shown: [404, 'invalid_request_error', null],
    exceptionClass: 'NotFoundError',
  },
  {
    name: '403 without a body',
    status: 403,
    body: '',
    cause: 'misconfigured',
    shown: [403, 'permission_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '408',
    status: 408,
    body: openai('Request timed out at the provider', 'timeout_error', 'timeout'),
    cause: 'upstream_timeout',
    shown: [408, 'invalid_request_error', null],
    exceptionClass: 'Timeout',
  },
  {
    name: '409',
    status: 409,
    body: openai('Conflict at the provider', 'conflict_error', 'conflict'),
    cause: 'conflict',
    shown: [409, 'invalid_request_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '413',
    status: 413,
    body: openai('Request too large', 'invalid_request_error', null),
    cause: 'bad_request',
    shown: [413, 'invalid_request_error', null],
    exceptionClass: 'BadRequestError',
  },
  {
    name: '418',
    status: 418,
    body: openai('teapot', 't', null),
    cause: 'bad_request',
    shown: [418, 'invalid_request_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '422',
    status: 422,
    body: openai('Unprocessable field', 'unprocessable', 'unprocessable'),
    cause: 'bad_request',
    shown: [422, 'unprocessable', null],
    exceptionClass: 'BadRequestError',
  },
  {
    name: '425',
    status: 425,
    body: '',
    cause: 'server_error',
    shown: [425, 'invalid_request_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '429',
    status: 429,
    body: limited,
    cause: 'rate_limit',
    shown: [429, 'throttling_error', null],
    exceptionClass: 'RateLimitError',
  },
  {
    name: '429 in text',
    status: 429,
    body: 'slow down',
    cause: 'rate_limit',
    shown: [429, 'throttling_error', null],
    exceptionClass: 'RateLimitError',
  },
  {
    name: '429 without quota',
    status: 429,
    body: openai('You exceeded your current quota.', 'insufficient_quota', 'insufficient_quota'),
    cause: 'quota_exhausted',
    shown: [429, 'throttling_error', null],
    exceptionClass: 'RateLimitError',
  },
  {
    name: '498',
    status: 498,
    body: openai('capacity exceeded', 'capacity_exceeded', null),
    cause: 'server_error',
    shown: [498, 'invalid_request_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '500',
    status: 500,
    body: broken,
    cause: 'server_error',
    shown: [500, 'internal_server_error', null],
    exceptionClass: 'InternalServerError',
  },
  {
    name: '500 without a body',
    status: 500,
    body: '',
    cause: 'server_error',
    shown: [500, 'internal_server_error', null],
    exceptionClass: 'InternalServerError',
  },
  {
    name: '502',
    status: 502,
    body: '<html>',
    cause: 'server_error',
    shown: [502, 'internal_server_error', null],
    exceptionClass: 'BadGatewayError',
  },
  {
    name: '503',
    status: 503,
    body: openai('The engine is overloaded', 'server_error', 'overloaded'),
    cause: 'server_error',
    shown: [503, 'internal_server_error', null],
    exceptionClass: 'ServiceUnavailableError',
  },
  {
    name: '504',
    status: 504,
    body: '',
    cause: 'upstream_timeout',
    shown: [504, 'internal_server_error', null],
    exceptionClass: 'Timeout',
  },
  {
    name: '529',
    status: 529,
    body: openai('Overloaded', 'overloaded_error', 'overloaded'),
    cause: 'server_error',
    shown: [529, 'internal_server_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: '500 with code 429 inside',
    status: 500,
    body: openai('Provider returned error', null, 429),
    cause: 'rate_limit',
    shown: [429, 'throttling_error', null],
    exceptionClass: 'RateLimitError',
  },
  {
    name: 'overflow, OpenAI',
    status: 400,
    body: tooLong,
    cause: 'context_window',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'ContextWindowExceededError',
  },
  {
    name: 'overflow, old vLLM',
    status: 400,
    body: vllmTooLong,
    provider: 'hosted_vllm',
    cause: 'context_window',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'ContextWindowExceededError',
  },
  {
    name: 'overflow, TGI',
    status: 422,
    body: tgiTooLong,
    provider: 'huggingface',
    cause: 'context_window',
    shown: [422, 'invalid_request_error', null],
    exceptionClass: 'ContextWindowExceededError',
  },
  {
    name: 'overflow behind a 500',
    status: 500,
    body: { error: 'prompt too long; exceeded max context length by 4 tokens' },
    cause: 'context_window',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'ContextWindowExceededError',
  },
  {
    name: 'refusal, OpenAI',
    status: 400,
    body: refused,
    cause: 'content_policy',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'ContentPolicyViolationError',
  },
  {
    name: 'refusal, Azure',
    status: 400,
    body: filtered,
    provider: 'azure',
    cause: 'content_policy',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'ContentPolicyViolationError',
  },
  {
    name: "refusal in Azure's words elsewhere",
    status: 400,
    body: filtered,
    cause: 'content_policy',
    shown: [400, 'invalid_request_error', 'prompt'],
    exceptionClass: 'ContentPolicyViolationError',
  },
  {
    name: '400 of a provider whose fields are not read',
    status: 400,
    body: temperature,
    provider: 'hosted_vllm',
    cause: 'bad_request',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'BadRequestError',
  },
  {
    name: '500 on Azure',
    status: 500,
    body: broken,
    provider: 'azure',
    cause: 'server_error',
    shown: [500, 'internal_server_error', null],
    exceptionClass: 'APIError',
  },
  {
    name: 'bad key at Gemini',
    status: 400,
    body: {
      error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' },
    },
    provider: 'gemini',
    cause: 'authentication',
    shown: [400, 'invalid_request_error', null],
    exceptionClass: 'BadRequestError',
  },
];

describe('an error answer', () => {
  it.each(shown)('is shown as LiteLLM shows it: $name', (row) => {
    const failure = answer(row.status, row.body, row.provider === undefined ? {} : { provider: row.provider });
    expect(failure.cause).toBe(row.cause);
    expect([failure.status, failure.type, failure.param]).toEqual(row.shown);
    expect(failure.code).toBe(String(failure.status));
    expect(failure.exceptionClass).toBe(row.exceptionClass);
    expect(failure.message).toContain(`litellm.${row.exceptionClass}: `);
  });

  const traps: { name: string; status: number; message: string; cause: FailureCause }[] = [
    {
      name: 'a throttle that counts tokens',
      status: 400,
      message: 'Too many tokens, please wait before trying again.',
      cause: 'rate_limit',
    },
    { name: '429 only in an echoed prompt', status: 400, message: 'cannot parse "HTTP 429"', cause: 'bad_request' },
    {
      name: 'a validation message about rate limits',
      status: 400,
      message: 'rate limit must be a number',
      cause: 'bad_request',
    },
    {
      name: 'a user field that is too long',
      status: 400,
      message: "string_above_max_length: 'user' too long",
      cause: 'bad_request',
    },
    {
      name: 'a request larger than the whole limit',
      status: 429,
      message: 'Request too large for gpt-4 on tokens per min (TPM): Limit 10, Requested 20.',
      cause: 'rate_limit',
    },
    {
      name: 'a gateway 403 with an overflow',
      status: 403,
      message: 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 10',
      cause: 'context_window',
    },
  ];
  it.each(traps)('is not mistaken for something else: $name', ({ status, message, cause }) => {
    expect(answer(status, openai(message, null, null)).cause).toBe(cause);
  });

  it('of a request larger than the limit blocks nothing: another deployment may have a larger one', () => {
    const failure = answer(
      429,
      openai(
        'Request too large for gpt-4 on tokens per min (TPM): Limit 10, Requested 20.',
        'tokens',
        'rate_limit_exceeded',
      ),
    );
    expect(failure.retryAfterMs).toBe(0);
  });

  it('carries the time that the provider asked for', () => {
    expect(answer(429, limited, { headers: { 'retry-after': '3' } }).retryAfterMs).toBe(3_000);
    expect(answer(503, '', { headers: { 'retry-after': '2' } }).retryAfterMs).toBe(2_000);
    expect(answer(429, limited).retryAfterMs).toBeUndefined();
    expect(answer(500, openai('try again in 5s', null, null)).retryAfterMs).toBeUndefined();
  });

  it('that calls a full minute a quota is a rate limit, and a rate limit of hours is a quota', () => {
    const minute = {
      error: {
        code: 429,
        message: 'You exceeded your current quota. Please retry in 37.5s.',
        status: 'RESOURCE_EXHAUSTED',
      },
    };
    expect(answer(429, minute, { provider: 'gemini' })).toMatchObject({ cause: 'rate_limit', retryAfterMs: 37_500 });
    expect(answer(429, openai('Please try again in 10h17m5.7s', null, null)).cause).toBe('quota_exhausted');
  });

  it('shows the text of the provider but never a key', () => {
    const failure = answer(
      401,
      openai('Incorrect API key provided: sk-proj-abcdefghijklmnop1234. Bearer abcdef123456', null, null),
    );
    expect(failure.message).toContain('Incorrect API key provided');
    expect(failure.message).not.toMatch(/abcdefghijklmnop|abcdef123456/);
  });

  it('shows fewer fields on text completions and embeddings', () => {
    const at = (endpoint: string, status: number, body: unknown) =>
      classifyAnswer({
        ...context,
        endpoint,
        status,
        header: () => undefined,
        body: JSON.stringify(body),
        badAnswer: undefined,
      });
    expect(at('embeddings', 400, temperature)).toMatchObject({ type: 'invalid_request_error', param: null });
    expect(at('completions', 400, temperature)).toMatchObject({ type: null, param: null });
    expect(at('completions', 429, limited)).toMatchObject({ type: 'throttling_error' });
  });

  it('of an overflow always holds the words that clients look for', () => {
    expect(
      answer(400, {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long: 250000 tokens > 200000 maximum' },
      }).message,
    ).toMatch(/prompt is too long: 250000.*maximum context length/);
  });
});

describe('blame', () => {
  const rows: [number, unknown, Failure['scope']][] = [
    [401, badKey, 'deployment'],
    [404, noModel, 'deployment'],
    [404, openai('No such file', null, null), 'request'],
    [403, '<html>', 'deployment'],
    [403, openai('no', null, null), 'request'],
    [400, temperature, 'request'],
    [400, tooLong, 'request'],
    [400, refused, 'request'],
    [429, limited, 'deployment'],
    [500, broken, 'deployment'],
  ];
  it.each(rows)('of %i %j is the %s', (status, body, scope) => {
    expect(answer(status, body).scope).toBe(scope);
  });

  it('is never the deployment when the caller brought the credentials', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.string(), (status, body) => {
        expect(answer(status, body, { callerCredentials: true }).scope).not.toBe('deployment');
      }),
    );
  });

  it('for a timer is the caller when the caller set it, except for the connection', () => {
    const timer = {
      kind: 'timeout',
      phase: 'headers',
      code: 'ATTEMPT_TIMEOUT',
      message: 'no whole answer in time',
    } as const;
    expect(classifyBroken(timer, context)).toMatchObject({
      cause: 'timeout',
      scope: 'deployment',
      status: 408,
      type: 'invalid_request_error',
    });
    expect(classifyBroken(timer, { ...context, setByCaller: true }).scope).toBe('caller');
    const connect = { kind: 'timeout', phase: 'connect', code: 'UND_ERR_CONNECT_TIMEOUT', message: 'slow' } as const;
    expect(classifyBroken(connect, { ...context, setByCaller: true }).scope).toBe('deployment');
  });
});

describe('an answer that is not what was asked', () => {
  it('is a failure of the deployment: redirect, garbage', () => {
    expect(answer(302, '', { headers: { location: 'http://elsewhere/' } })).toMatchObject({
      cause: 'bad_answer',
      status: 500,
      type: 'internal_server_error',
    });
    const garbage = answer(200, 'this is not json', { badAnswer: 'the body is not JSON' });
    expect(garbage).toMatchObject({
      cause: 'bad_answer',
      scope: 'deployment',
      status: 500,
      exceptionClass: 'InternalServerError',
    });
    expect(garbage.message).toContain('the body is not JSON');
  });

  it('but holds an error object is that error', () => {
    expect(answer(200, openai('slow down', 'rate_limit_error', 429), { badAnswer: 'no choices' })).toMatchObject({
      cause: 'rate_limit',
      status: 429,
    });
  });
});

describe('a broken call', () => {
  it('shows 500 in the class that 1.106 uses', () => {
    const refusedCall = {
      kind: 'transport',
      phase: 'connect',
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED 10.0.0.1:443',
    } as const;
    const failure = classifyBroken(refusedCall, context);
    expect(failure).toMatchObject({
      cause: 'connection',
      status: 500,
      type: 'internal_server_error',
      exceptionClass: 'InternalServerError',
    });
    expect(failure.message).not.toContain('10.0.0.1');
    expect(classifyBroken(refusedCall, { ...context, provider: 'azure' }).exceptionClass).toBe('APIConnectionError');
  });

  it('in the middle of a stream has no type', () => {
    const cut = { kind: 'transport', phase: 'body', code: 'ECONNRESET', message: 'reset' } as const;
    expect(classifyBroken(cut, { ...context, stream: true })).toMatchObject({
      type: null,
      status: 500,
      exceptionClass: 'APIConnectionError',
    });
    expect(classifyStreamFault({ message: 'an event does not parse' }, context)).toMatchObject({
      cause: 'connection',
      type: null,
      status: 500,
    });
    const idle = {
      kind: 'timeout',
      phase: 'body',
      code: 'STREAM_IDLE_TIMEOUT',
      message: 'the stream went silent',
    } as const;
    expect(classifyBroken(idle, context)).toMatchObject({ cause: 'timeout', type: null, status: 500 });
  });
});

describe('an error event', () => {
  const rows: [string, unknown, Partial<Failure>][] = [
    [
      'without a status',
      openai('The server had an error mid-stream', 'server_error', 'internal_error'),
      { status: 500, type: null, exceptionClass: 'APIConnectionError' },
    ],
    [
      'with a number',
      openai('Rate limit mid-stream', 'rate_limit_error', 429),
      { status: 429, type: 'throttling_error', cause: 'rate_limit' },
    ],
    [
      'that says rate limit in words',
      openai('slow', 'rate_limit_error', 'rate_limit_exceeded'),
      { status: 429, cause: 'rate_limit' },
    ],
    [
      'that says overloaded',
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      { status: 503, cause: 'server_error', type: null },
    ],
    [
      'that is an overflow',
      openai('x', 'invalid_request_error', 'context_length_exceeded'),
      { status: 400, cause: 'context_window' },
    ],
    ['that is a text', 'boom', { status: 500, cause: 'server_error' }],
  ];
  it.each(rows)('%s', (_name, payload, expected) => {
    expect(classifyInBand(payload, context)).toMatchObject(expected);
  });
});

describe('the tables of wordings', () => {
  const samples: [string, readonly { vendor: string; code?: string; text?: RegExp }[], string[]][] = [
    ['context window', CONTEXT_WINDOW_WORDINGS, contextSamples()],
    ['content policy', CONTENT_POLICY_WORDINGS, policySamples()],
    [
      'quota',
      QUOTA_WORDINGS,
      [
        'You exceeded your current quota, please check',
        'Your credit balance is too low to access',
        'Insufficient Balance',
        'You have exceeded your monthly included credits',
        'GenerateRequestsPerDay',
      ],
    ],
    [
      'misconfigured',
      MISCONFIGURED_WORDINGS,
      [
        'The model `x` does not exist.',
        'Model not found, inaccessible, and/or not deployed',
        'Project `p` does not have access to model `m`',
        'model: claude-9',
        'No endpoints found for x',
      ],
    ],
    ['bad key', BAD_KEY_WORDINGS, ['API key not valid. Please pass a valid API key.']],
  ];
  it.each(samples)('%s: every row has a sample that it alone or first recognises', (_name, rows, texts) => {
    for (const text of texts) expect(isWorded(rows, [], text), text).toBe(true);
    for (const row of rows) {
      if (row.text !== undefined)
        expect(
          texts.some((text) => row.text?.test(text)),
          String(row.text),
        ).toBe(true);
      if (row.code !== undefined) expect(isWorded(rows, [row.code], '')).toBe(true);
    }
  });
});

it('classification never throws and always gives a known cause', () => {
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ error: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 599 }), bodies, (status, body) => {
      const failure = answer(status, body);
      expect(FAILURE_CAUSES).toContain(failure.cause);
      expect(failure.status).toBeGreaterThanOrEqual(400);
      expect(failure.code).toBe(String(failure.status));
    }),
  );
});

function contextSamples(): string[] {
  return [
    "This model's maximum context length is 4097 tokens.",
    'Your input exceeds the context window of this model.',
    'Input tokens exceed the configured limit of 1000 tokens.',
    "This request exceeds the model's maximum context length of 10",
    'context window exceeded',
    "The model's maximum context limit was reached",
    'prompt is too long: 250000 tokens > 200000 maximum',
    'prompt: length: 1..100',
    'input length and `max_tokens` exceed context limit: 1 + 2 > 2',
    'Input is too long for requested model.',
    'expected maxLength: 100, actual: 200',
    'too many tokens: total number of tokens in the prompt cannot exceed 4096',
    'prompt tokens (300) exceed model maximum (200)',
    'The input token count (10) exceeds the maximum number of tokens allowed (5).',
    'Request payload size exceeds the limit: 20971520 bytes.',
    'Please reduce the length of the messages or completion.',
    'Prompt contains 50000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    "This model's maximum prompt length is 10 but the request contains 20 tokens.",
    '`inputs` tokens + `max_new_tokens` must be <= 4096.',
    '`inputs` must have less than 1024 tokens. Given: 2000',
    "The input (20 tokens) is longer than the model's context length (10 tokens).",
    'length limit exceeded',
    'The prompt is too long: 9000, model maximum context length: 8192',
    'Current length is 9000 while limit is 8192',
    'Input is too long',
    'the request exceeds the available context size',
    'The number of tokens is greater than the context length',
    'prompt too long; exceeded max context length by 4 tokens',
    'the maximum input length is 1024 tokens',
    'prompt token count of 9000 exceeds the limit of 8192',
    'Your request exceeded model token limit: 8192',
    'context window exceeds limit',
    'Range of input length should be [1, 30720]',
    'Prompt exceeds max length',
    'Prompt has too many tokens',
    'string too long. Expected a string with maximum length 1048576',
  ];
}

function policySamples(): string[] {
  return [
    'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
    'Your request was rejected as a result of our safety system.',
    "filtered due to the prompt triggering Azure OpenAI's content management policy.",
    'content_filter_policy',
    'Your task failed as a result of our safety system.',
    'the model produced invalid content. Try again.',
    'Output blocked by content filtering policy',
    'The response was blocked.',
    'this model requires moderation and your input was flagged',
  ];
}
