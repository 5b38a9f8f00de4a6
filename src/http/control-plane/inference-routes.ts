// The data plane's routes as descriptions, from its own path table: for `/routes`, `/openapi.json` and for telling a
// wrong method or a trailing slash from a path that does not exist.
import { inferencePaths, inferenceRoute, resourceRoute } from '../routes.ts';
import type { HttpMethod } from './control-route.ts';

export interface InferenceDescription {
  readonly method: HttpMethod;
  readonly path: string;
  readonly summary: string;
}

const SUMMARIES: ReadonlyArray<readonly [RegExp, string]> = [
  [/\/chat\/completions$/, 'Chat completion'],
  [/\/completions$/, 'Text completion'],
  [/\/embeddings$/, 'Embeddings'],
  [/\/moderations$/, 'Moderation'],
  [/\/images\/generations$/, 'Image generation'],
  [/\/audio\/speech$/, 'Speech from text'],
  [/\/audio\/transcriptions$/, 'Text from speech (multipart)'],
  [/\/rerank$/, 'Reranking'],
  [/\/\{response_id\}\/cancel$/, 'Cancels a stored response'],
  [/\/\{response_id\}\/input_items$/, 'Input of a stored response'],
  [/\/\{response_id\}$/, 'A stored response'],
  [/\/responses$/, 'Response'],
];

/** Every method and path of the data plane. */
export function inferenceDescriptions(): InferenceDescription[] {
  return inferencePaths().flatMap((path) => {
    const summary = SUMMARIES.find(([tail]) => tail.test(path))?.[1] ?? 'Inference';
    return methodsOf(path.replaceAll(/\{\w+\}/g, 'x')).map((method) => ({ method, path, summary }));
  });
}

/** Methods that the data plane serves at a path of a request; empty when the path is none of its. */
export function methodsOf(path: string): HttpMethod[] {
  if (inferenceRoute(path) !== undefined) return ['POST'];
  return (['GET', 'DELETE', 'POST'] as const).filter((method) => resourceRoute(method, path, '') !== undefined);
}
