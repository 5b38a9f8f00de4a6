import type { DeploymentSpec, ProviderTarget, TargetProblem } from './types.ts';
import { ENDPOINT_PATH } from '../wire/endpoint.ts';
export function compileTarget(spec: DeploymentSpec, _env: Readonly<Record<string, string | undefined>>): ProviderTarget | TargetProblem {
  const base = String(spec.params['api_base'] ?? 'https://api.openai.com/v1');
  const url = new URL(base);
  const path = url.pathname.replace(/\/$/, '');
  return {
    apiBase: base,
    credential: undefined,
    request(call) {
      const body = call.body?.patched({ set: new Map([['model', JSON.stringify(call.upstreamModel)]]), remove: new Set() });
      return { origin: url.origin, path: spec.provider === 'azure' ? `${path}/openai/deployments/${call.upstreamModel}${ENDPOINT_PATH[call.endpoint]}?api-version=2025-02-01-preview` : path + ENDPOINT_PATH[call.endpoint], method: 'POST', headers: ['content-type', 'application/json', 'authorization', `Bearer ${String(spec.params['api_key'] ?? '')}`, 'content-length', String(body?.byteLength ?? 0)], body };
    },
  };
}
