// `--model gpt-4o --api_base URL` as the config that it stands for, so that there is one way to start.
import { stringify } from 'yaml';
import type { QuickModel } from './parse-arguments.ts';

/**
 * Config text for a single model. Whatever model a request names, this one answers, as in LiteLLM; hence the settings
 * that replace the model of the body.
 */
export function quickConfig(quick: QuickModel): string {
  const name = quick.alias ?? quick.model;
  const given = {
    model: quick.model,
    api_base: quick.apiBase,
    api_version: quick.apiVersion,
    temperature: quick.temperature,
    max_tokens: quick.maxTokens,
    timeout: quick.requestTimeoutSeconds,
    drop_params: quick.dropParams ? true : undefined,
  };
  const params = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return stringify({
    model_list: [{ model_name: name, litellm_params: params }],
    general_settings: {
      completion_model: name,
      embedding_model: name,
      image_generation_model: name,
      moderation_model: name,
    },
  });
}
