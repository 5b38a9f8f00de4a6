// The provider of a bare model name, for wildcards such as `openai/*` (1.106, 1.7).
import { resolveModel } from './resolve-model.ts';

/** `undefined`: no idea. */
export function guessProvider(model: string): string | undefined {
  const resolved = resolveModel(model, {});
  return 'kind' in resolved ? undefined : resolved.provider;
}
