import { describe, expect, it } from 'vitest';
import {
  BAD_KEY_WORDINGS,
  BAD_REQUEST_WORDINGS,
  CONTENT_POLICY_WORDINGS,
  CONTEXT_WINDOW_WORDINGS,
  isWorded,
  MISCONFIGURED_WORDINGS,
  NOT_CONTEXT_WINDOW,
  OVERLOAD_WORDINGS,
  QUOTA_WORDINGS,
  THROTTLE_WORDINGS,
  TOO_LARGE_FOR_LIMIT,
  type Wording,
} from './error-words.ts';

interface Sample {
  readonly name: string;
  readonly rows: readonly Wording[];
  readonly codes: readonly string[];
  /** One for each row that looks at texts, in the order of the rows. */
  readonly texts: readonly string[];
}

const SAMPLES: readonly Sample[] = [
  {
    name: 'context window',
    rows: CONTEXT_WINDOW_WORDINGS,
    codes: ['context_length_exceeded', 'max_tokens_exceeded', 'token_limit_exceeded', 'exceed_context_size_error'],
    texts: [
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
    ],
  },
  {
    name: 'not a context window',
    rows: NOT_CONTEXT_WINDOW,
    codes: ['string_above_max_length'],
    texts: ['Rate limit reached', 'Too many tokens, please wait before trying again.', 'string_above_max_length: user'],
  },
  {
    name: 'content policy',
    rows: CONTENT_POLICY_WORDINGS,
    codes: [
      'content_policy_violation',
      'bio_policy',
      'misalignment_policy_violation',
      'image_content_policy_violation',
      'moderation_blocked',
      'refusal',
      'content_filter',
      'responsibleaipolicyviolation',
    ],
    texts: [
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
      'Your request was rejected as a result of our safety system.',
      "filtered due to the prompt triggering Azure OpenAI's content management policy.",
      'content_filter_policy',
      'Your task failed as a result of our safety system.',
      'the model produced invalid content. Try again.',
      'Output blocked by content filtering policy',
      'The response was blocked.',
      'this model requires moderation and your input was flagged',
    ],
  },
  {
    name: 'quota',
    rows: QUOTA_WORDINGS,
    codes: ['insufficient_quota', 'credit_balance_exhausted', 'billing_hard_limit_reached', 'billing_not_active'],
    texts: [
      'You exceeded your current quota, please check',
      'Your credit balance is too low to access',
      'Insufficient Balance',
      'You have exceeded your monthly included credits',
      'GenerateRequestsPerDay',
    ],
  },
  {
    name: 'throttle',
    rows: THROTTLE_WORDINGS,
    codes: ['rate_limit_exceeded', 'rate_limit_error', 'throttlingexception', 'resource_exhausted', '429'],
    texts: ['Too many tokens, please wait before trying again.'],
  },
  {
    name: 'too large for the limit',
    rows: TOO_LARGE_FOR_LIMIT,
    codes: [],
    texts: ['Request too large for gpt-4 on tokens per min (TPM): Limit 10, Requested 20.'],
  },
  {
    name: 'misconfigured',
    rows: MISCONFIGURED_WORDINGS,
    codes: ['deploymentnotfound', 'resourcenotfound', '404', 'model_not_found', 'unknown_model'],
    texts: [
      'The model `x` does not exist.',
      'Project `p` does not have access to model `m`',
      'model: claude-9',
      'No endpoints found for x',
    ],
  },
  {
    name: 'bad key',
    rows: BAD_KEY_WORDINGS,
    codes: ['invalid_api_key', 'api_key_invalid'],
    texts: ['API key not valid. Please pass a valid API key.'],
  },
  {
    name: 'overload',
    rows: OVERLOAD_WORDINGS,
    codes: ['overloaded_error', 'server_is_overloaded', 'slow_down', 'provider_overloaded'],
    texts: ['The model is overloaded. Please try again later.'],
  },
];

describe.each(SAMPLES)('the wordings of $name', ({ rows, codes, texts }) => {
  it('are known one by one: codes whole, texts by a sample of each', () => {
    const patterns = rows.flatMap(({ text }) => text ?? []);
    expect(rows.flatMap(({ code }) => code ?? [])).toEqual(codes);
    expect(patterns.length).toBe(texts.length);
    for (const [nth, text] of texts.entries()) {
      expect(text).toMatch(patterns[nth] ?? /^$/);
      expect(isWorded(rows, [], text), text).toBe(true);
    }
    for (const code of codes) {
      expect(isWorded(rows, ['other', code], ''), code).toBe(true);
      expect(isWorded(rows, [`${code}_x`], ''), code).toBe(false);
    }
  });

  it('name their vendor and say something', () => {
    for (const { vendor, code, text } of rows) {
      expect(vendor).not.toBe('');
      expect(code ?? text).toBeDefined();
    }
    expect(isWorded(rows, ['invalid_request_error'], 'Invalid value for temperature')).toBe(false);
    expect(isWorded(rows, [], '')).toBe(false);
  });
});

it('a request is at fault by the word of OpenAI, Anthropic and TGI', () => {
  expect(BAD_REQUEST_WORDINGS.map(({ code }) => code)).toEqual(['invalid_request_error', 'validation']);
});

describe('spellings of one wording', () => {
  const rows: [string, readonly Wording[], string][] = [
    ['no apostrophe, OpenAI', CONTEXT_WINDOW_WORDINGS, 'it exceeds the models maximum context length'],
    ['no apostrophe, proxies', CONTEXT_WINDOW_WORDINGS, 'the models maximum context limit'],
    ['no apostrophe, xAI', CONTEXT_WINDOW_WORDINGS, 'this models maximum prompt length is 9'],
    ['no apostrophe, Together', CONTEXT_WINDOW_WORDINGS, 'is longer than the models context length'],
    ['limit instead of length', CONTEXT_WINDOW_WORDINGS, 'maximum context limit of 9 tokens'],
    ['the class of a proxy', CONTEXT_WINDOW_WORDINGS, 'litellm.ContextWindowExceededError: x'],
    ['input tokens', CONTEXT_WINDOW_WORDINGS, 'too many input tokens'],
    ['bare words, Together', CONTEXT_WINDOW_WORDINGS, 'inputs tokens + max_new_tokens must be <= 9'],
    ['bare words, TGI', CONTEXT_WINDOW_WORDINGS, 'inputs must have less than 9 tokens'],
    ['z.ai', CONTEXT_WINDOW_WORDINGS, 'prompt too long'],
    ['too many requests', NOT_CONTEXT_WINDOW, 'Too many requests'],
    ['Bedrock', NOT_CONTEXT_WINDOW, 'ThrottlingException'],
    ['tokens per min', NOT_CONTEXT_WINDOW, 'tokens per min: 9'],
    ['tokens per day', NOT_CONTEXT_WINDOW, 'tokens per day: 9'],
    ['the safety system', CONTENT_POLICY_WORDINGS, 'request was rejected as a result of the safety system'],
    ['TPM', TOO_LARGE_FOR_LIMIT, 'Request too large for x\non TPM'],
    ['not found', MISCONFIGURED_WORDINGS, 'Model x\nnot found'],
    ['not available', MISCONFIGURED_WORDINGS, 'the model is not available'],
    ['not deployed', MISCONFIGURED_WORDINGS, 'the model is not deployed'],
    ['not supported', MISCONFIGURED_WORDINGS, 'the model is not supported'],
    ['no access', MISCONFIGURED_WORDINGS, 'You do not have access to the model'],
  ];
  it.each(rows)('are one: %s', (_name, wordings, text) => {
    expect(isWorded(wordings, [], text)).toBe(true);
  });

  const others: [string, readonly Wording[], string][] = [
    ['a model named elsewhere in the text', MISCONFIGURED_WORDINGS, 'unknown field in model: x'],
    ['a word that only contains model', MISCONFIGURED_WORDINGS, 'remodelled parts do not exist, not found'],
    ['a context length that is only mentioned', CONTEXT_WINDOW_WORDINGS, 'maximum context length isolated'],
    ['days inside another word', QUOTA_WORDINGS, 'RequestsPerDayOff'],
  ];
  it.each(others)('and this is something else: %s', (_name, wordings, text) => {
    expect(isWorded(wordings, [], text)).toBe(false);
  });
});
