// The demo's config.yaml. Written as text, because it is shown to people and read back like any other config.

export interface DemoUpstreams {
  readonly azure: readonly { readonly name: string; readonly rpm: number; readonly url: string }[];
  readonly fallback: { readonly model: string; readonly url: string };
}

function deployment(azure: DemoUpstreams['azure'][number]): string {
  return `  - model_name: gpt-3.5-turbo
    litellm_params:
      model: azure/${azure.name}
      api_base: ${azure.url}/
      api_key: demo-key
      rpm: ${azure.rpm}      # Rate limit for this deployment: in requests per minute (rpm)
    model_info:
      id: ${azure.name}
`;
}

/** The config for these upstreams. */
export function demoConfig({ azure, fallback }: DemoUpstreams): string {
  return `model_list:
${azure.map(deployment).join('')}  - model_name: zephyr-beta
    litellm_params:
      model: huggingface/${fallback.model}
      api_base: ${fallback.url}
    model_info:
      id: zephyr

router_settings:
  routing_strategy: simple-shuffle
  model_group_alias: {"gpt-4": "gpt-3.5-turbo"}
  num_retries: 2
  timeout: 30
  fallbacks: [{"gpt-3.5-turbo": ["zephyr-beta"]}]
`;
}
