// Every vendor that is spoken to in OpenAI's format, as data: where it is, how its key is found, what it cannot do.
// Rows, not code, so that adding a vendor is one line (bases, keys and limits: vendors' documentation as of November
// 2026 and LiteLLM 1.106; native APIs are reached through their OpenAI-compatible endpoints).
import type { VendorRow } from './vendor-row.ts';

/** No reasoning effort on any model. */
const NO_EFFORT = ['reasoning_effort'];
const NO_PENALTIES = ['frequency_penalty', 'presence_penalty'];
const NO_LOGPROBS = ['logprobs', 'top_logprobs'];

/** OpenAI itself, its generic stand-ins, and servers that one runs oneself. */
const GENERIC: readonly VendorRow[] = [
  {
    provider: 'openai',
    base: 'https://api.openai.com/v1',
    baseEnv: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    endpoints: 'CTERISAKM',
    knowsMaxCompletionTokens: true,
  },
  {
    provider: 'text-completion-openai',
    base: 'https://api.openai.com/v1',
    baseEnv: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    keyEnv: ['OPENAI_API_KEY'],
    endpoints: 'T',
  },
  {
    provider: 'custom_openai',
    base: undefined,
    baseEnv: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    keyEnv: ['OPENAI_API_KEY'],
    withoutKey: 'no header',
    endpoints: 'CTERISAKM',
    knowsMaxCompletionTokens: true,
  },
  {
    provider: 'openai_like',
    base: undefined,
    withoutKey: 'no header',
    endpoints: 'CTERISAKM',
    knowsMaxCompletionTokens: true,
  },
  {
    provider: 'litellm_proxy',
    base: undefined,
    withoutKey: 'no header',
    endpoints: 'CTERISAKM',
    knowsMaxCompletionTokens: true,
    knowsDeveloperRole: true,
  },
  {
    provider: 'hosted_vllm',
    base: undefined,
    withoutKey: { text: 'fake-api-key' },
    endpoints: 'CTERAK',
    knowsMaxCompletionTokens: true,
  },
  { provider: 'llamafile', base: 'http://127.0.0.1:8080/v1', withoutKey: { text: 'fake-api-key' }, endpoints: 'CTE' },
  { provider: 'lm_studio', base: 'http://127.0.0.1:1234/v1', withoutKey: { text: 'fake-api-key' }, endpoints: 'CTER' },
  {
    provider: 'docker_model_runner',
    base: 'http://localhost:12434/engines/v1',
    withoutKey: { text: 'fake-api-key' },
    endpoints: 'CTE',
  },
  { provider: 'ollama', base: 'http://localhost:11434', baseSuffix: '/v1', withoutKey: 'no header', endpoints: 'CTE' },
  {
    provider: 'ollama_chat',
    base: 'http://localhost:11434',
    baseEnv: ['OLLAMA_API_BASE'],
    baseSuffix: '/v1',
    keyEnv: ['OLLAMA_API_KEY'],
    withoutKey: 'no header',
    endpoints: 'CTE',
  },
];

/** Vendors with an API of their own, through the OpenAI-compatible endpoint that they also have. */
const NATIVE: readonly VendorRow[] = [
  {
    provider: 'anthropic',
    base: 'https://api.anthropic.com',
    baseEnv: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
    baseSuffix: '/v1',
    endpoints: 'C',
    knowsMaxCompletionTokens: true,
  },
  {
    provider: 'gemini',
    base: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keyEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    baseSuffix: '/openai',
    endpoints: 'CEI',
    knowsMaxCompletionTokens: true,
    refuses: ['logit_bias', ...NO_LOGPROBS],
  },
  {
    provider: 'cohere',
    base: 'https://api.cohere.ai/compatibility/v1',
    keyEnv: ['COHERE_API_KEY', 'CO_API_KEY'],
    endpoints: 'CE',
    refuses: ['logit_bias', 'top_logprobs', 'n', 'parallel_tool_calls', 'store'],
  },
  {
    provider: 'cohere_chat',
    base: 'https://api.cohere.ai/compatibility/v1',
    keyEnv: ['COHERE_API_KEY', 'CO_API_KEY'],
    endpoints: 'CE',
    refuses: ['logit_bias', 'top_logprobs', 'n', 'parallel_tool_calls', 'store'],
  },
  {
    provider: 'mistral',
    base: 'https://api.mistral.ai/v1',
    baseSuffix: '/v1',
    endpoints: 'CEAM',
    renames: { seed: 'random_seed' },
    requiredToolChoice: 'any',
    refusesNull: true,
    refuses: ['logit_bias', ...NO_LOGPROBS, 'store'],
  },
  {
    provider: 'deepseek',
    base: 'https://api.deepseek.com/beta',
    endpoints: 'CT',
    refuses: ['store', 'logit_bias', 'n'],
  },
];

const HOSTED: readonly VendorRow[] = [
  {
    provider: 'groq',
    base: 'https://api.groq.com/openai/v1',
    endpoints: 'CRSA',
    knowsMaxCompletionTokens: true,
    refuses: ['logit_bias', ...NO_LOGPROBS],
  },
  {
    provider: 'together_ai',
    base: 'https://api.together.xyz/v1',
    endpoints: 'CTEISAK',
    keyEnv: ['TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHERAI_API_KEY', 'TOGETHER_AI_TOKEN'],
  },
  {
    provider: 'fireworks_ai',
    base: 'https://api.fireworks.ai/inference/v1',
    endpoints: 'CTEIAK',
    keyEnv: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY', 'FIREWORKSAI_API_KEY', 'FIREWORKS_AI_TOKEN'],
    modelPrefix: 'accounts/fireworks/models/',
    requiredToolChoice: 'any',
    // Without it a prompt that is too long is cut in silence.
    defaults: { context_length_exceeded_behavior: 'error' },
  },
  {
    provider: 'openrouter',
    base: 'https://openrouter.ai/api/v1',
    keyEnv: ['OPENROUTER_API_KEY', 'OR_API_KEY'],
    endpoints: 'CTER',
    knowsMaxCompletionTokens: true,
  },
  {
    provider: 'perplexity',
    base: 'https://api.perplexity.ai',
    keyEnv: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    endpoints: 'CR',
    refuses: ['logit_bias', ...NO_LOGPROBS, 'n', 'seed', 'stop', 'store'],
  },
  {
    provider: 'xai',
    base: 'https://api.x.ai/v1',
    endpoints: 'CERI',
    knowsMaxCompletionTokens: true,
    refuses: ['logit_bias', 'store'],
  },
  { provider: 'nvidia_nim', base: 'https://integrate.api.nvidia.com/v1', endpoints: 'CTEK', refuses: ['store'] },
  {
    provider: 'cerebras',
    base: 'https://api.cerebras.ai/v1',
    endpoints: 'CT',
    knowsMaxCompletionTokens: true,
    refuses: [...NO_PENALTIES, 'logit_bias', 'n', 'store'],
  },
  {
    provider: 'sambanova',
    base: 'https://api.sambanova.ai/v1',
    endpoints: 'CE',
    refuses: [...NO_PENALTIES, ...NO_LOGPROBS, 'logit_bias', 'n', 'seed', 'store'],
  },
  { provider: 'deepinfra', base: 'https://api.deepinfra.com/v1/openai', endpoints: 'CTEK', refuses: ['store'] },
  { provider: 'databricks', base: undefined, endpoints: 'CTE', refuses: ['store', 'logit_bias'] },
  {
    provider: 'github',
    base: 'https://models.github.ai/inference',
    keyEnv: ['GITHUB_API_KEY', 'GITHUB_TOKEN'],
    endpoints: 'CE',
    knowsMaxCompletionTokens: true,
    knowsDeveloperRole: true,
  },
  { provider: 'nebius', base: 'https://api.studio.nebius.ai/v1', endpoints: 'CTE' },
  { provider: 'novita', base: 'https://api.novita.ai/v3/openai', endpoints: 'CTE' },
  { provider: 'hyperbolic', base: 'https://api.hyperbolic.xyz/v1', endpoints: 'CT', refuses: NO_EFFORT },
  { provider: 'featherless_ai', base: 'https://api.featherless.ai/v1', endpoints: 'CT', refuses: NO_EFFORT },
  {
    provider: 'friendliai',
    base: 'https://api.friendli.ai/serverless/v1',
    keyEnv: ['FRIENDLIAI_API_KEY', 'FRIENDLI_TOKEN'],
    endpoints: 'CT',
  },
  { provider: 'lambda_ai', base: 'https://api.lambda.ai/v1', keyEnv: ['LAMBDA_API_KEY'], endpoints: 'CT' },
  { provider: 'moonshot', base: 'https://api.moonshot.ai/v1', endpoints: 'CT', refuses: ['logit_bias'] },
  { provider: 'dashscope', base: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', endpoints: 'CTE' },
  { provider: 'zai', base: 'https://api.z.ai/api/paas/v4', endpoints: 'C' },
  {
    provider: 'volcengine',
    base: 'https://ark.cn-beijing.volces.com/api/v3',
    keyEnv: ['ARK_API_KEY', 'VOLCENGINE_API_KEY'],
    endpoints: 'CE',
  },
  {
    provider: 'meta_llama',
    base: 'https://api.llama.com/compat/v1',
    keyEnv: ['LLAMA_API_KEY'],
    endpoints: 'C',
    knowsMaxCompletionTokens: true,
  },
  { provider: 'v0', base: 'https://api.v0.dev/v1', endpoints: 'C', knowsMaxCompletionTokens: true },
  {
    provider: 'vercel_ai_gateway',
    base: 'https://ai-gateway.vercel.sh/v1',
    keyEnv: ['VERCEL_AI_GATEWAY_API_KEY', 'AI_GATEWAY_API_KEY', 'VERCEL_OIDC_TOKEN'],
    endpoints: 'CE',
  },
  { provider: 'anyscale', base: 'https://api.endpoints.anyscale.com/v1', endpoints: 'CTE' },
  { provider: 'nscale', base: 'https://inference.api.nscale.com/v1', endpoints: 'CI' },
  { provider: 'empower', base: 'https://app.empower.dev/api/v1', endpoints: 'C' },
  { provider: 'codestral', base: 'https://codestral.mistral.ai/v1', endpoints: 'C', renames: { seed: 'random_seed' } },
  { provider: 'baseten', base: 'https://inference.baseten.co/v1', endpoints: 'C' },
  { provider: 'wandb', base: 'https://api.inference.wandb.ai/v1', endpoints: 'C' },
  { provider: 'voyage', base: 'https://api.voyageai.com/v1', endpoints: 'EK' },
  { provider: 'jina_ai', base: 'https://api.jina.ai/v1', endpoints: 'EK' },
  { provider: 'xinference', base: undefined, withoutKey: { text: 'fake-api-key' }, endpoints: 'CTEIK' },
  { provider: 'galadriel', base: 'https://api.galadriel.com/v1', endpoints: 'C' },
];

export const VENDOR_TABLE: readonly VendorRow[] = [...GENERIC, ...NATIVE, ...HOSTED];
