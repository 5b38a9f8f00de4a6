// The words by which vendors name an error: one row a vendor's wording, tested row by row. Data, not code, so that a new
// vendor is a new row. Sources: providers.md 5.3 to 5.5.

/** One way of saying something. Codes are compared whole and in lower case; text is searched in the message. */
export interface Wording {
  /** Who says it, for reading and for test names. */
  readonly vendor: string;
  readonly code?: string;
  readonly text?: RegExp;
}

/** The prompt does not fit the model's window (5.3). */
export const CONTEXT_WINDOW_WORDINGS: readonly Wording[] = [
  { vendor: 'OpenAI, Azure, Groq, xAI, OpenRouter', code: 'context_length_exceeded' },
  { vendor: 'OpenRouter', code: 'max_tokens_exceeded' },
  { vendor: 'OpenRouter', code: 'token_limit_exceeded' },
  { vendor: 'llama.cpp', code: 'exceed_context_size_error' },
  { vendor: 'OpenAI, vLLM, SGLang, DeepSeek', text: /maximum context (?:length|limit) (?:is|of)\b/i },
  { vendor: 'OpenAI Responses', text: /exceeds the context window/i },
  { vendor: 'OpenAI Responses', text: /input tokens exceed the configured limit/i },
  { vendor: 'proxies', text: /exceeds the model'?s maximum context length/i },
  { vendor: 'proxies', text: /context window exceeded|ContextWindowExceededError/i },
  { vendor: 'proxies', text: /model'?s maximum context limit/i },
  { vendor: 'Anthropic', text: /prompt is too long/i },
  { vendor: 'Anthropic, Bedrock', text: /prompt: length\b/i },
  { vendor: 'Anthropic', text: /exceed context limit/i },
  { vendor: 'Bedrock', text: /input is too long for requested model/i },
  { vendor: 'Bedrock', text: /expected maxLength:/i },
  { vendor: 'Bedrock, Cohere', text: /too many (?:input )?tokens/i },
  { vendor: 'Bedrock Mantle', text: /prompt tokens \(\d+\) exceed model maximum/i },
  { vendor: 'Gemini, Vertex', text: /exceeds the maximum number of tokens allowed/i },
  { vendor: 'Gemini, Vertex', text: /request payload size exceeds/i },
  { vendor: 'Groq', text: /please reduce the length of the messages or completion/i },
  { vendor: 'Mistral', text: /too large for model with \d+ maximum context length/i },
  { vendor: 'xAI', text: /this model'?s maximum prompt length is/i },
  { vendor: 'Together, TGI', text: /`?inputs`? tokens \+ `?max_new_tokens`? must be/i },
  { vendor: 'TGI', text: /`?inputs`? must have less than \d+ tokens/i },
  { vendor: 'Together', text: /is longer than the model'?s context length/i },
  { vendor: 'Hugging Face router', text: /length limit exceeded/i },
  { vendor: 'Fireworks', text: /model maximum context length/i },
  { vendor: 'Cerebras', text: /current length is \d+ while limit is \d+/i },
  { vendor: 'Replicate', text: /input is too long/i },
  { vendor: 'llama.cpp, Lemonade', text: /exceeds the available context size/i },
  { vendor: 'LM Studio', text: /greater than the context length/i },
  { vendor: 'Ollama', text: /prompt too long; exceeded max context length/i },
  { vendor: 'watsonx', text: /maximum input length is \d+ tokens/i },
  { vendor: 'GitHub, Copilot', text: /prompt token count of \d+ exceeds the limit of/i },
  { vendor: 'Kimi', text: /exceeded model token limit/i },
  { vendor: 'MiniMax', text: /context window exceeds limit/i },
  { vendor: 'DashScope', text: /range of input length should be/i },
  { vendor: 'z.ai', text: /prompt exceeds max length|prompt too long/i },
  { vendor: 'AI21', text: /prompt has too many tokens/i },
  { vendor: 'OpenAI, legacy', text: /string too long\. expected a string with maximum length/i },
];

/** Texts that only look like an overflow: rate limits, and a user field that is too long (traps a, c, d of 5.2). */
export const NOT_CONTEXT_WINDOW: readonly Wording[] = [
  { vendor: 'any', text: /rate limit|too many requests|ThrottlingException|tokens per (?:min|minute|day)/i },
  { vendor: 'Bedrock', text: /please wait before trying again/i },
  { vendor: 'OpenAI', code: 'string_above_max_length' },
  { vendor: 'OpenAI', text: /string_above_max_length/i },
];

/** The provider refuses the content (5.4). */
export const CONTENT_POLICY_WORDINGS: readonly Wording[] = [
  { vendor: 'OpenAI, OpenRouter', code: 'content_policy_violation' },
  { vendor: 'OpenAI Responses', code: 'bio_policy' },
  { vendor: 'OpenAI Responses', code: 'misalignment_policy_violation' },
  { vendor: 'OpenAI Responses', code: 'image_content_policy_violation' },
  { vendor: 'OpenAI images', code: 'moderation_blocked' },
  { vendor: 'OpenRouter', code: 'refusal' },
  { vendor: 'Azure', code: 'content_filter' },
  { vendor: 'Azure', code: 'responsibleaipolicyviolation' },
  { vendor: 'OpenAI', text: /invalid prompt[\s\S]*violating our usage policy/i },
  { vendor: 'OpenAI', text: /request was rejected as a result of (?:the|our) safety system/i },
  { vendor: 'Azure', text: /content management policy/i },
  { vendor: 'Azure', text: /content_filter_policy/i },
  { vendor: 'Azure', text: /your task failed as a result of our safety system/i },
  { vendor: 'Azure', text: /the model produced invalid content/i },
  { vendor: 'Anthropic', text: /blocked by content filtering policy/i },
  { vendor: 'Gemini, Vertex', text: /the response was blocked\b/i },
  { vendor: 'OpenRouter', text: /requires moderation/i },
];

/** Money or a long quota is gone: the same deployment will not answer soon (5.5). */
export const QUOTA_WORDINGS: readonly Wording[] = [
  { vendor: 'OpenAI', code: 'insufficient_quota' },
  { vendor: 'OpenAI', code: 'credit_balance_exhausted' },
  { vendor: 'OpenAI', code: 'billing_hard_limit_reached' },
  { vendor: 'OpenAI', code: 'billing_not_active' },
  { vendor: 'OpenAI', text: /exceeded your current quota/i },
  { vendor: 'Anthropic', text: /credit balance is too low/i },
  { vendor: 'DeepSeek', text: /insufficient balance/i },
  { vendor: 'Hugging Face', text: /exceeded your monthly included credits/i },
  { vendor: 'Gemini', text: /PerDay\b/ },
];

/** The provider throttles, whatever the status says (traps a and h of 5.2). */
export const THROTTLE_WORDINGS: readonly Wording[] = [
  { vendor: 'OpenAI, Groq, vLLM', code: 'rate_limit_exceeded' },
  { vendor: 'Anthropic, OpenAI', code: 'rate_limit_error' },
  { vendor: 'Bedrock', code: 'throttlingexception' },
  { vendor: 'Bedrock', text: /please wait before trying again/i },
  { vendor: 'Gemini', code: 'resource_exhausted' },
  { vendor: 'any', code: '429' },
];

/** One request that is larger than the whole limit: waiting never helps, another deployment may (trap e of 5.2). */
export const TOO_LARGE_FOR_LIMIT: readonly Wording[] = [
  { vendor: 'OpenAI, Groq', text: /request too large for[\s\S]*(?:tokens per min|TPM)/i },
];

/** 403 and 404 that name the deployment or the model: the config is wrong, not the request. */
export const MISCONFIGURED_WORDINGS: readonly Wording[] = [
  { vendor: 'Azure', code: 'deploymentnotfound' },
  { vendor: 'Azure', code: 'resourcenotfound' },
  { vendor: 'Azure', code: '404' },
  { vendor: 'OpenAI', code: 'model_not_found' },
  { vendor: 'Azure', code: 'unknown_model' },
  {
    vendor: 'OpenAI, vLLM, Groq',
    text: /\bmodel\b[\s\S]*\b(?:does not exist|not found|not available|not deployed|not supported)/i,
  },
  { vendor: 'OpenAI', text: /not have access to (?:the )?model/i },
  { vendor: 'Anthropic', text: /^model: \S/i },
  { vendor: 'OpenRouter', text: /no endpoints found for/i },
];

/** The key is refused although the status is not 401 (trap f of 5.2). */
export const BAD_KEY_WORDINGS: readonly Wording[] = [
  { vendor: 'OpenAI', code: 'invalid_api_key' },
  { vendor: 'Gemini', code: 'api_key_invalid' },
  { vendor: 'Gemini', text: /api key not valid/i },
];

/** Overload told without a status, in a stream or beside a 200 (5.5). */
export const OVERLOAD_WORDINGS: readonly Wording[] = [
  { vendor: 'Anthropic', code: 'overloaded_error' },
  { vendor: 'OpenAI', code: 'server_is_overloaded' },
  { vendor: 'OpenAI', code: 'slow_down' },
  { vendor: 'OpenRouter', code: 'provider_overloaded' },
  { vendor: 'Gemini', text: /the model is overloaded/i },
];

/** The request is at fault; said where there is no status to say it, in an event of a stream. */
export const BAD_REQUEST_WORDINGS: readonly Wording[] = [
  { vendor: 'OpenAI, Anthropic', code: 'invalid_request_error' },
  { vendor: 'TGI', code: 'validation' },
];

/** Whether one of the rows fits; `words` are lower case. */
export function isWorded(rows: readonly Wording[], words: readonly string[], message: string): boolean {
  for (const row of rows) {
    if (row.code !== undefined && words.includes(row.code)) return true;
    if (row.text !== undefined && row.text.test(message)) return true;
  }
  return false;
}
