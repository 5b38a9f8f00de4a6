// The names that make a first path segment of a model string a provider, and the hosts by which an `api_base` alone
// gives its provider away. Separate from the vendor table because more names resolve than can be called.

/** Prefixes with no row in the vendor table: a model string with one of them resolves, but cannot be called yet. */
const NOT_CALLED: readonly string[] = [
  'a2a', 'ai21', 'ai21_chat', 'aleph_alpha', 'anthropic_text', 'assemblyai', 'aws_polly', 'azure_text', 'baseten',
  'bedrock', 'bedrock_converse', 'bedrock_mantle', 'black_forest_labs', 'bytez', 'chatgpt', 'clarifai', 'codestral',
  'cohere_chat', 'cometapi', 'compactifai', 'custom', 'datarobot', 'deepgram', 'elevenlabs', 'fal_ai', 'gigachat',
  'github_copilot', 'gradient_ai', 'heroku', 'infinity', 'jina_ai', 'langgraph', 'lemonade', 'maritalk', 'milvus',
  'morph', 'nlp_cloud', 'oci', 'ollama', 'oobabooga', 'palm', 'petals', 'pg_vector', 'predibase', 'recraft',
  'replicate', 'runwayml', 'sagemaker', 'sagemaker_chat', 'snowflake', 'stability', 'text-completion-codestral',
  'text-completion-inception', 'topaz', 'triton', 'vertex_ai_beta', 'vllm', 'voyage', 'wandb', 'watsonx',
  'watsonx_text', 'xinference',
];

/** Providers by the host (and path) of their public base; the first that the base contains wins. */
export const PROVIDER_BY_HOST: readonly (readonly [fragment: string, provider: string])[] = [
  ['api.perplexity.ai', 'perplexity'],
  ['api.endpoints.anyscale.com/v1', 'anyscale'],
  ['api.deepinfra.com/v1/openai', 'deepinfra'],
  ['api.mistral.ai/v1', 'mistral'],
  ['api.groq.com/openai/v1', 'groq'],
  ['integrate.api.nvidia.com/v1', 'nvidia_nim'],
  ['api.cerebras.ai/v1', 'cerebras'],
  ['inference.baseten.co/v1', 'baseten'],
  ['api.sambanova.ai/v1', 'sambanova'],
  ['api.ai21.com/studio/v1', 'ai21_chat'],
  ['codestral.mistral.ai/v1/chat/completions', 'codestral'],
  ['codestral.mistral.ai/v1/fim/completions', 'text-completion-codestral'],
  ['app.empower.dev/api/v1', 'empower'],
  ['api.deepseek.com', 'deepseek'],
  ['api.friendli.ai/serverless/v1', 'friendliai'],
  ['api.galadriel.com/v1', 'galadriel'],
  ['api.llama.com/compat/v1', 'meta_llama'],
  ['inference.api.nscale.com/v1', 'nscale'],
  ['api.featherless.ai/v1', 'featherless_ai'],
  ['api.studio.nebius.ai/v1', 'nebius'],
  ['api.together.xyz/v1', 'together_ai'],
  ['api.fireworks.ai/inference/v1', 'fireworks_ai'],
  ['openrouter.ai/api/v1', 'openrouter'],
  ['api.x.ai/v1', 'xai'],
  ['api.moonshot.ai/v1', 'moonshot'],
  ['api.moonshot.cn/v1', 'moonshot'],
  ['dashscope-intl.aliyuncs.com/compatible-mode/v1', 'dashscope'],
  ['api.novita.ai/v3/openai', 'novita'],
  ['api.hyperbolic.xyz/v1', 'hyperbolic'],
  ['api.lambda.ai/v1', 'lambda_ai'],
  ['api.v0.dev/v1', 'v0'],
  ['ai-gateway.vercel.sh/v1', 'vercel_ai_gateway'],
];

/** Every provider name; `called` are those of the vendor table. */
export function providerNames(called: readonly string[]): ReadonlySet<string> {
  return new Set([...called, ...NOT_CALLED]);
}
