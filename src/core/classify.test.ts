import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyAnswer,
  classifyBroken,
  classifyInBand,
  classifyStreamFault,
  contentFilteredFailure,
  type FailureContext,
} from './classify.ts';
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
    [
      'that refuses the request',
      openai('x', 'invalid_request_error', null),
      { status: 400, cause: 'bad_request', scope: 'request', type: null },
    ],
    [
      'that refuses the request, as TGI says it',
      { error: 'x', error_type: 'validation' },
      { status: 400, cause: 'bad_request', scope: 'request' },
    ],
    ['that names a bad key', badKey, { status: 500, cause: 'authentication', scope: 'deployment' }],
    ['that names the model', noModel, { status: 500, cause: 'server_error', scope: 'deployment' }],
    ['that is a text', 'boom', { status: 500, cause: 'server_error' }],
  ];
  it.each(rows)('%s', (_name, payload, expected) => {
    expect(classifyInBand(payload, context)).toMatchObject(expected);
  });
});

describe('the text of a failure', () => {
  const text = (failure: Failure): string => failure.message.replace('OpenAIException - ', '');

  it('is what the provider said, or its body, or its status', () => {
    expect(text(answer(500, broken))).toBe('litellm.InternalServerError: The server had an error');
    expect(text(answer(500, ' {"foo":1} '))).toBe('litellm.InternalServerError: {"foo":1}');
    expect(text(answer(500, ' '))).toBe('litellm.InternalServerError: Error code: 500');
    const long = JSON.stringify({ foo: 'x'.repeat(3_000) });
    expect(text(answer(500, long))).toBe(`litellm.InternalServerError: ${long.slice(0, 2_000)}`);
  });

  it('of a redirect and of a bad answer says which it was', () => {
    expect(text(answer(300, openai('slow', null, 429)))).toBe(
      'litellm.InternalServerError: Connection error. The upstream redirects (300), which is not followed.',
    );
    expect(text(answer(200, 'x'))).toBe('litellm.InternalServerError: the answer is not what was asked for');
  });

  it('of a broken connection says how far it came, and never where to', () => {
    const at = (phase: 'connect' | 'headers' | 'body') =>
      text(classifyBroken({ kind: 'transport', phase, code: 'ECODE', message: '10.0.0.1' }, context));
    const start = 'litellm.InternalServerError: Connection error. ECODE';
    expect(at('connect')).toBe(`${start} (no connection was made)`);
    expect(at('headers')).toBe(`${start} (closed before an answer came)`);
    expect(at('body')).toBe(`${start} (closed before the answer was whole)`);
    const credential = {
      kind: 'transport',
      phase: 'connect',
      code: 'CREDENTIAL',
      message: 'no variable OPENAI_KEY',
    } as const;
    expect(text(classifyBroken(credential, context))).toBe(
      'litellm.InternalServerError: Connection error. CREDENTIAL: no variable OPENAI_KEY',
    );
  });

  it('of a timer names the limit where there is one', () => {
    const timer = { kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'no answer' } as const;
    expect(text(classifyBroken(timer, context))).toBe('litellm.Timeout: Request timed out (no answer)');
    expect(text(classifyBroken(timer, { ...context, timeoutMs: 1_500 }))).toBe(
      'litellm.Timeout: Request timed out (no answer) - timeout value=1.5',
    );
    const idle = { ...timer, phase: 'body', code: 'STREAM_IDLE_TIMEOUT' } as const;
    expect(classifyBroken(idle, context)).toMatchObject({
      exceptionClass: 'APIConnectionError',
      message: 'litellm.APIConnectionError: OpenAIException - Timeout on reading data: the stream went silent.',
    });
  });

  it('of a filtered answer and of a damaged stream is our own', () => {
    expect(contentFilteredFailure(context)).toEqual({
      cause: 'content_policy',
      scope: 'request',
      status: 400,
      message:
        'litellm.BadRequestError: litellm.ContentPolicyViolationError: OpenAIException - Response output was blocked.',
      type: 'invalid_request_error',
      param: null,
      code: '400',
      retryAfterMs: undefined,
      exceptionClass: 'ContentPolicyViolationError',
    });
    expect(classifyStreamFault({ message: 'half an event' }, context).message).toBe(
      'litellm.APIConnectionError: OpenAIException - half an event',
    );
  });

  it('of an event that says nothing is its status', () => {
    expect(text(classifyInBand(undefined, context))).toBe('litellm.APIConnectionError: Error code: 500');
    expect(text(classifyInBand({ foo: 1 }, context))).toBe('litellm.APIConnectionError: {"foo":1}');
  });
});

describe('the edges', () => {
  const quota = 'You exceeded your current quota.';
  const refinements: [string, number, string, string, FailureCause][] = [
    ['402 is money, however soon', 402, 'Insufficient Balance', '5', 'quota_exhausted'],
    ['a rate limit of just under an hour', 429, 'slow', '3599', 'rate_limit'],
    ['a rate limit of an hour', 429, 'slow', '3600', 'quota_exhausted'],
    ['a quota of just under an hour', 429, quota, '3599', 'rate_limit'],
    ['a quota of an hour', 429, quota, '3600', 'quota_exhausted'],
    ['a quota by the day that claims to be short', 429, `${quota} RequestsPerDay`, '5', 'quota_exhausted'],
    ['a server error with a long pause', 500, 'down', '7200', 'server_error'],
    ['a server error with a short pause', 500, 'down', '5', 'server_error'],
  ];
  it.each(refinements)('between rate limit and quota: %s', (_name, status, message, seconds, cause) => {
    expect(answer(status, openai(message, null, null), { headers: { 'retry-after': seconds } }).cause).toBe(cause);
  });

  it('a request larger than the limit waits for nothing only where it is a rate limit', () => {
    const message = 'Request too large for gpt-4 on tokens per min (TPM): Limit 10, Requested 20.';
    const failure = answer(402, openai(message, null, null), { headers: { 'retry-after': '7' } });
    expect(failure).toMatchObject({ cause: 'quota_exhausted', retryAfterMs: 7_000 });
  });

  it('words about time in the body count where the provider throttles', () => {
    expect(answer(503, openai('try again in 5s', null, null)).retryAfterMs).toBe(5_000);
    expect(answer(400, openai('try again in 5s', null, 'rate_limit_exceeded')).retryAfterMs).toBe(5_000);
    expect(answer(400, openai('try again in 5s', null, null)).retryAfterMs).toBeUndefined();
    const event = (code: string | number) => classifyInBand(openai('try again in 5s', null, code), context);
    expect(event(429)).toMatchObject({ retryAfterMs: 5_000, exceptionClass: 'RateLimitError' });
    expect(event('rate_limit_exceeded').retryAfterMs).toBe(5_000);
    expect(event(503).retryAfterMs).toBeUndefined();
  });

  it.each([
    [399, 500],
    [400, 400],
    [599, 599],
    [600, 500],
    [429.5, 500],
  ])('an event with the code %d has status %i', (code, status) => {
    expect(classifyInBand(openai('odd', null, code), context).status).toBe(status);
  });

  it.each([
    [400, 400],
    [403, 400],
    [413, 413],
    [422, 422],
    [500, 400],
  ])('an overflow or a refusal under %i is shown as %i', (status, asStatus) => {
    expect(answer(status, openai('x', null, 'context_length_exceeded')).status).toBe(asStatus);
    expect(answer(status, openai('x', null, 'content_filter')).status).toBe(asStatus);
  });

  it('a success is an error in disguise when an error object with words stands near its beginning', () => {
    const words = { error: { code: 'rate_limit_exceeded', message: 'slow' } };
    expect(answer(200, words).cause).toBe('rate_limit');
    expect(answer(299, words).cause).toBe('rate_limit');
    expect(answer(200, { error: { message: 'slow' } }).cause).toBe('bad_answer');
    expect(answer(200, { code: 'rate_limit_exceeded' }).cause).toBe('bad_answer');
    expect(answer(200, { padding: 'x'.repeat(2_000), ...words }).cause).toBe('bad_answer');
  });

  it('Azure has a class of its own for 500 alone', () => {
    const at = (status: number) => answer(status, '', { provider: 'azure' }).exceptionClass;
    expect([at(500), at(502), at(429)]).toEqual(['APIError', 'BadGatewayError', 'RateLimitError']);
  });

  it('a connection is cut in mid stream only where the call is a stream and its body had begun', () => {
    const cut = (phase: 'headers' | 'body', more: Partial<FailureContext>) =>
      classifyBroken({ kind: 'transport', phase, code: 'E', message: '' }, { ...context, ...more });
    const plain = { exceptionClass: 'InternalServerError', type: 'internal_server_error' };
    expect(cut('body', { stream: true })).toMatchObject({ exceptionClass: 'APIConnectionError', type: null });
    expect(cut('headers', { stream: true })).toMatchObject(plain);
    expect(cut('body', { stream: false })).toMatchObject(plain);
    expect(cut('headers', { provider: 'azure_ai' })).toMatchObject({ ...plain, exceptionClass: 'APIConnectionError' });
  });

  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', 'connect', 'connect'],
    ['UND_ERR_CONNECT_TIMEOUT', 'headers', 'connect'],
    ['FIRST_CONTENT_TIMEOUT', 'connect', 'connect'],
    ['FIRST_CONTENT_TIMEOUT', 'headers', 'headers'],
    ['FIRST_CONTENT_TIMEOUT', 'body', 'first_content'],
    ['STREAM_IDLE_TIMEOUT', 'body', 'idle'],
    ['ATTEMPT_TIMEOUT', 'headers', 'attempt'],
    ['ATTEMPT_TIMEOUT', 'body', 'attempt'],
  ] as const)('%s in phase %s is the timer %s', (code, phase, timer) => {
    expect(classifyBroken({ kind: 'timeout', phase, code, message: '' }, context).timer).toBe(timer);
  });

  it('what no timer ended names none', () => {
    expect(classifyBroken({ kind: 'transport', phase: 'headers', code: 'E', message: '' }, context)).not.toHaveProperty(
      'timer',
    );
  });

  it('a limit set by the caller excuses a deployment from timeouts alone', () => {
    const hasty = { ...context, setByCaller: true };
    const cut = { kind: 'transport', phase: 'headers', code: 'UND_ERR_CONNECT_TIMEOUT', message: '' } as const;
    expect(classifyBroken(cut, hasty).scope).toBe('deployment');
    const timer = { kind: 'timeout', phase: 'connect', code: 'ATTEMPT_TIMEOUT', message: '' } as const;
    expect(classifyBroken(timer, hasty).scope).toBe('caller');
    const unanswered = { ...timer, code: 'UND_ERR_CONNECT_TIMEOUT' } as const;
    expect(classifyBroken(unanswered, { ...hasty, timeoutMs: 9_000 })).toMatchObject({
      scope: 'deployment',
      message: expect.stringContaining('timeout value=9'),
    });
  });

  it('text completions show no type of a broken connection', () => {
    const cut = { kind: 'transport', phase: 'headers', code: 'E', message: '' } as const;
    expect(classifyBroken(cut, { ...context, endpoint: 'completions' }).type).toBeNull();
    expect(classifyBroken(cut, { ...context, endpoint: 'embeddings' }).type).toBe('internal_server_error');
  });

  it('the fields of a refusal are cleared by its code, of anything else they stay', () => {
    const at = (code: string) => answer(400, openai('no', 'T', code, 'p'));
    expect(at('content_policy_violation')).toMatchObject({ type: 'invalid_request_error', param: null });
    expect(at('content_filter')).toMatchObject({ type: 'T', param: 'p' });
    expect(at('invalid_value')).toMatchObject({ type: 'T', param: 'p' });
    expect(answer(400, openai('no', 'T', 'x', 'p'), { provider: 'azure' })).toMatchObject({ type: 'T', param: 'p' });
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
