export function resolveModel(model: string, hints: { customProvider?: string | undefined; apiBase?: string | undefined }): { provider: string; upstreamModel: string } | { kind: 'unknown'; message: string } {
  const full = hints.customProvider !== undefined && !model.startsWith(hints.customProvider + '/') ? `${hints.customProvider}/${model}` : model;
  const slash = full.indexOf('/');
  if (slash > 0) return { provider: full.slice(0, slash), upstreamModel: full.slice(slash + 1) };
  if (model.startsWith('gpt-')) return { provider: 'openai', upstreamModel: model };
  return { kind: 'unknown', message: 'LLM Provider NOT provided' };
}
