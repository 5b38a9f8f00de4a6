// What the demo prints: lines that can be copied as they are, and what to look at in the answers.
import type { DemoUpstreams } from './demo-config.ts';

/** The text for a gateway at `gatewayUrl`. */
export function demoGuide(gatewayUrl: string, { azure, fallback }: DemoUpstreams): string {
  const large = azure.at(-1);
  const chat = (extra: string) =>
    `curl -i ${gatewayUrl}/chat/completions -H 'Content-Type: application/json' \\
    -d '{"model": "gpt-3.5-turbo", ${extra}"messages": [{"role": "user", "content": "what llm are you"}]}'`;
  const control = (url: string, words: string) => `curl ${url}/_control/faults -d '{"*": ${words}}'`;
  const width = Math.max(fallback.model.length, ...azure.map(({ name }) => name.length));
  const row = (name: string, limit: string, url: string) => `    ${name.padEnd(width)}  ${limit.padStart(8)}  ${url}`;
  const deployments = [
    ...azure.map(({ name, rpm, url }) => row(name, `${rpm} rpm`, url)),
    row(fallback.model, '', fallback.url),
  ];
  return `
Loadstone demo at ${gatewayUrl}: "gpt-3.5-turbo" (also called "gpt-4") is three fake Azure deployments,
    and "zephyr-beta" is the fallback:
${deployments.join('\n')}

1. Ask, several times. The header x-litellm-model-id names the deployment that answered:
  ${chat('')}

2. The same as a stream:
  ${chat('"stream": true, ')}

3. Let every Azure deployment fail, and ask again. x-litellm-model-group says zephyr-beta, the fallback:
${azure.map(({ url }) => `  ${control(url, '{"status": 503}')}`).join('\n')}

4. Heal them:
${azure.map(({ url }) => `  ${control(url, 'null')}`).join('\n')}

More faults: {"status": 429, "retryAfter": 5}, {"connection": "reset"}, {"latencyMs": 3000}, {"cutAfterTokens": 5}.
What a deployment received: curl ${large?.url ?? ''}/_control/requests
Your own config: npm start -- --config FILE, or loadstone --config FILE. End with Ctrl-C.
`;
}
